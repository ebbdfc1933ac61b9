//! An upload in pieces to a session that says where it stands.

use async_trait::async_trait;
use domain::{error::ProviderError, files::FileContent};

use super::Waits;
use crate::http::patience::passing;

/// What a session says of itself.
pub(crate) enum Stand<T> {
    /// The byte that it wants next.
    At(u64),
    /// It has all of it.
    Done(T),
    /// It is no more: complete, or lost.
    Over,
}

#[async_trait]
pub(crate) trait UploadSession: Sync {
    /// What the provider made of the upload.
    type Made: Send;
    /// Sends what begins at byte `at`: a multiple of the session's step, or the end. A file without bytes is one empty piece.
    async fn piece(&self, at: u64, bytes: Vec<u8>) -> Result<Stand<Self::Made>, ProviderError>;
    /// Asks where to go on.
    async fn stand(&self) -> Result<Stand<Self::Made>, ProviderError>;
}

/// Sends all of it in pieces of `step` bytes. None: the session was over before it said what became of the file.
pub(crate) async fn send<S: UploadSession>(
    session: &S,
    content: &mut dyn FileContent,
    size: u64,
    step: usize,
    waits: &Waits<'_>,
) -> Result<Option<S::Made>, ProviderError> {
    let (mut at, mut tries) = (0, 0);
    loop {
        let answer = if at < size || size == 0 { session.piece(at, content.read_at(at, step).await?).await } else { session.stand().await };
        let error = match answer {
            Ok(Stand::Done(made)) => return Ok(Some(made)),
            Ok(Stand::Over) => return Ok(None),
            Ok(Stand::At(next)) if next > at && next <= size => {
                (at, tries) = (next, 0);
                continue;
            }
            Ok(Stand::At(next)) => {
                at = next.min(size);
                ProviderError::Server { provider: "The upload".to_owned(), detail: "it does not move on".to_owned() }
            }
            Err(error) if passing(&error) => error,
            Err(error) => return Err(error),
        };
        tries += 1;
        waits.again(tries, error).await?;
        // The answer to a piece may be what was lost.
        match session.stand().await {
            Ok(Stand::Done(made)) => return Ok(Some(made)),
            Ok(Stand::Over) => return Ok(None),
            Ok(Stand::At(next)) => at = next.min(size),
            // It can't be asked either: on where it was.
            Err(error) if passing(&error) => {}
            Err(error) => return Err(error),
        }
    }
}
