//! Waiting for an answer for as long as something moves. A request that goes out may take a quarter of an hour on a slow line, and none of
//! it may be spent on a line where nothing passes any more.

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;

/// Bytes of a body that are handed over at once. A body that is no longer than one goes as it is.
pub const PIECE: usize = 32 * 1024;

/// How many bytes of a body have been taken from us.
#[derive(Clone, Default)]
pub struct Taken(Arc<AtomicUsize>);

impl Taken {
    fn so_far(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// `body` in pieces, each counted when it is asked for.
    pub fn body(&self, body: Bytes) -> reqwest::Body {
        let taken = self.clone();
        reqwest::Body::wrap_stream(stream::unfold(body, move |mut rest| {
            let taken = taken.clone();
            async move {
                if rest.is_empty() {
                    return None;
                }
                let piece = rest.split_to(rest.len().min(PIECE));
                taken.0.fetch_add(piece.len(), Ordering::Relaxed);
                Some((Ok::<_, Infallible>(piece), rest))
            }
        }))
    }
}

/// Waits for `answer`; None once nothing has been taken and nothing has come for `silence` (at most twice as long, as it looks only so
/// often).
pub async fn answer<T>(answer: impl Future<Output = T>, taken: &Taken, silence: Duration) -> Option<T> {
    let mut answer = pin!(answer);
    let mut before = taken.so_far();
    loop {
        if let Ok(came) = tokio::time::timeout(silence, &mut answer).await {
            return Some(came);
        }
        let now = taken.so_far();
        if now == before {
            return None;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// Larger than what the system takes into its buffers, so that progress is the other side's.
    const LARGE: usize = 24 << 20;
    const SILENCE: Duration = Duration::from_millis(400);

    async fn upload<F: Future<Output = ()> + Send>(serve: impl FnOnce(TcpStream) -> F + Send + 'static, body: usize) -> Option<u16> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
        let taken = Taken::default();
        let tls = crate::tls::TlsContext::new(None).unwrap().client_config(&[b"http/1.1"]).unwrap();
        let client = crate::http::base_builder(&tls).no_proxy().build().unwrap();
        let request = client.post(url).header("content-length", body).body(taken.body(Bytes::from(vec![b'x'; body]))).send();
        let came = answer(request, &taken, SILENCE).await.map(|reply| reply.unwrap().status().as_u16());
        server.abort();
        came
    }

    #[tokio::test]
    async fn a_slow_line_is_waited_for_as_long_as_it_moves() {
        let slow = |mut line: TcpStream| async move {
            let (mut got, mut buffer) = (0, vec![0; 1 << 20]);
            while got < LARGE {
                got += line.read(&mut buffer).await.unwrap();
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            line.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        };
        assert_eq!(upload(slow, LARGE).await, Some(204));
    }

    #[tokio::test]
    async fn a_line_that_goes_dead_is_given_up() {
        let dead = |line: TcpStream| async move {
            let _line = line;
            std::future::pending::<()>().await;
        };
        assert_eq!(upload(dead, LARGE).await, None);
        // All of it fits into the buffers, and no answer comes.
        assert_eq!(upload(dead, 10).await, None);
    }
}
