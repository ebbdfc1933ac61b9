//! Files at providers: found, fetched, and saved there. Saving is a write like any other and goes through the outbox, which takes the
//! sealed bytes with it: the mail that they came in may be gone by the time it is their turn.

mod fetch;
mod find;
mod save;
mod write;

pub(crate) use find::no_files;
pub use find::{FilePlace, FilesAt, key, parse_key};
pub use save::SavedFileView;

#[cfg(test)]
mod tests;
