//! Images of a mail, for the window's image scheme. Inline parts come from the stored message; remote ones are fetched by
//! the provider layer (no cookies, no referrer, no private addresses), and only for a message whose images the person
//! allowed, and only addresses that occur in that message.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    audit::{Actor, Outcome},
    ids::MessageId,
    source::RemoteImage,
};

use super::{RAW_MAX, gone, on_pool};
use crate::{Engine, EngineError, core::audit, mime, views::AttachmentBytes};

/// One remote image at most.
const IMAGE_MAX: usize = 5 * 1024 * 1024;
/// Fetched images kept in memory, all together.
const CACHE_MAX: usize = 24 * 1024 * 1024;

/// Which remote images the open messages may load, and those that were loaded. Lives as long as the engine; nothing of it is
/// written to disk.
#[derive(Default)]
pub(crate) struct ImageCache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    allowed: BTreeMap<MessageId, BTreeSet<String>>,
    loaded: VecDeque<(String, Arc<RemoteImage>)>,
    bytes: usize,
}

impl ImageCache {
    pub fn allow(&self, message: MessageId, urls: impl IntoIterator<Item = String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.allowed.insert(message, urls.into_iter().collect());
    }

    fn is_allowed(&self, message: MessageId, url: &str) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.allowed.get(&message).is_some_and(|urls| urls.contains(url))
    }

    fn get(&self, url: &str) -> Option<Arc<RemoteImage>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.loaded.iter().find(|(u, _)| u == url).map(|(_, image)| Arc::clone(image))
    }

    fn put(&self, url: &str, image: Arc<RemoteImage>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.bytes += image.bytes.len();
        state.loaded.push_back((url.to_owned(), image));
        while state.bytes > CACHE_MAX {
            let Some((_, old)) = state.loaded.pop_front() else { break };
            state.bytes -= old.bytes.len();
        }
    }
}

impl Engine {
    /// The inline part with this Content-ID.
    pub async fn inline_image(&self, message: MessageId, content_id: &str) -> Result<AttachmentBytes, EngineError> {
        let raw = self.store().raw(message, RAW_MAX).await?;
        let content_id = content_id.to_owned();
        on_pool(move || {
            let part = mime::bodies(&raw).inline.get(&content_id)?.part;
            mime::part(&raw, part)
        })
        .await?
        // SVG can carry scripts and styles of its own; it is never shown inside a mail.
        .filter(|part| part.mime.starts_with("image/") && part.mime != "image/svg+xml")
        .map(|part| AttachmentBytes { name: part.name, mime: part.mime, bytes: part.bytes })
        .ok_or_else(|| gone("image"))
    }

    /// A remote image of a message that was opened with images.
    pub async fn remote_image(&self, message: MessageId, url: &str) -> Result<Arc<RemoteImage>, EngineError> {
        if !self.images().is_allowed(message, url) {
            return Err(EngineError::new(
                "images_blocked",
                "The images of this message are blocked.",
                "Choose \"Show images\" in the bar above it.",
            ));
        }
        if let Some(image) = self.images().get(url) {
            return Ok(image);
        }
        let image = Arc::new(self.connector().fetch_image(url, IMAGE_MAX).await?);
        self.images().put(url, Arc::clone(&image));
        Ok(image)
    }

    /// From now on images of this sender (or of everybody at the sender's domain) are shown at once.
    pub async fn allow_images(&self, from: &str, whole_domain: bool) -> Result<(), EngineError> {
        let rule = match from.rsplit_once('@') {
            Some((_, domain)) if whole_domain => store::ImageRule::Domain(domain.to_ascii_lowercase()),
            _ => store::ImageRule::Sender(from.to_ascii_lowercase()),
        };
        self.store().set_image_rule(&rule, true).await?;
        let scope = if matches!(rule, store::ImageRule::Domain(_)) { "scope=domain" } else { "scope=sender" };
        self.audit_only(audit(Actor::Person, "images.allowed", "settings:images", Outcome::Ok, scope)).await;
        Ok(())
    }
}
