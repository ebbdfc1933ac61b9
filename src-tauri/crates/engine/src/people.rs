//! People to suggest: lists of providers are copied here, slowly, and searched here alone. What a person types goes to no provider.

mod suggest;
mod sync;

pub use suggest::{PersonSuggestion, SuggestionSource};
pub(crate) use sync::{PeopleJob, list_name};

#[cfg(test)]
mod tests;
