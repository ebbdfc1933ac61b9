//! The only crate that talks to the internet.
//!
//! One module per provider behind the traits of `domain::source`; `connector::Providers` is the one door. What all of them
//! share is stated once: `http` (for those that speak it), `oauth`, `tls`, and the `registry` of what can be connected. Nothing here
//! stores anything: tokens come in through `Credentials` for the length of a call, and mail goes out through a sink.

pub mod asana;
pub mod autoconfig;
pub mod caldav;
#[cfg(test)]
mod calendar_contract;
pub mod connector;
mod every;
mod folder_path;
#[cfg(any(fuzzing, test))]
pub mod fuzz;
pub mod github;
pub mod google;
pub mod http;
mod ical;
pub mod ics;
pub mod image;
pub mod imap;
pub mod jira;
pub mod jmap;
pub mod linear;
mod listings;
#[cfg(test)]
mod mail_mirror;
mod mailnet;
pub mod microsoft;
pub mod notion;
pub mod oauth;
pub mod oidc;
mod opaque;
mod per_connection;
mod polled;
mod refusals;
pub mod registry;
#[cfg(test)]
mod scripted;
mod service;
mod smtp;
#[cfg(test)]
mod task_contract;
pub mod tls;
pub mod todoist;
mod transfer;
pub mod trello;
pub mod unsubscribe;

pub use connector::Providers;

/// The checks of tests/fuzz name this crate from outside.
#[cfg(test)]
extern crate self as providers;
