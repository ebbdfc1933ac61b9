//! A wrong command line in one sentence. clap's own words are laid out for a terminal: the first line of them alone names neither
//! the missing flags nor the missing subcommand.

use std::ffi::OsString;

use clap::{
    CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use engine::EngineError;

use crate::args::Cli;

/// `args`: the whole command line, program name first.
pub fn explain(e: &clap::Error, args: &[OsString]) -> EngineError {
    let command = meant(args);
    let message = match e.kind() {
        ErrorKind::MissingRequiredArgument => missing(e),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Some(subcommand_missing(&command)),
        _ => None,
    };
    let first = || {
        let text = e.render().to_string();
        text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
    };
    EngineError::new("usage", message.unwrap_or_else(first), hint(e, &command))
}

fn missing(e: &clap::Error) -> Option<String> {
    match e.get(ContextKind::InvalidArg)? {
        ContextValue::Strings(names) => Some(format!("missing: {}", names.join(", "))),
        ContextValue::String(name) => Some(format!("missing: {name}")),
        _ => None,
    }
}

fn subcommand_missing((path, command): &(String, clap::Command)) -> String {
    let names: Vec<&str> = command.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name).collect();
    format!("{path} needs a subcommand: one of {}", names.join(", "))
}

/// What was nearly right, and where the rest is explained.
fn hint(e: &clap::Error, (path, _): &(String, clap::Command)) -> String {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue, ContextKind::ValidValue];
    let near = kinds.into_iter().find_map(|kind| match e.get(kind)? {
        ContextValue::String(one) => Some(one.clone()),
        ContextValue::Strings(many) if !many.is_empty() => Some(many.join(", ")),
        _ => None,
    });
    let help = format!("See {path} --help.");
    near.map_or_else(|| help.clone(), |near| format!("Did you mean {near}? {help}"))
}

/// The command that was begun, by its names in order. Values of the flags before it are not taken for names.
fn meant(args: &[OsString]) -> (String, clap::Command) {
    let mut command = Cli::command();
    let mut path = command.get_name().to_owned();
    let mut rest = args.iter().skip(1).map(|a| a.to_string_lossy());
    while let Some(word) = rest.next() {
        if let Some(flag) = word.strip_prefix("--") {
            let takes_one = Cli::command().get_arguments().any(|a| a.get_long() == Some(flag) && a.get_action().takes_values());
            if takes_one {
                rest.next();
            }
            continue;
        }
        let Some(next) = command.find_subcommand(word.as_ref()) else { break };
        path = format!("{path} {}", next.get_name());
        command = next.clone();
    }
    (path, command)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser as _;

    use super::*;

    fn told(line: &str) -> EngineError {
        let args: Vec<OsString> = std::iter::once("aurelius-cli").chain(line.split_whitespace()).map(OsString::from).collect();
        explain(&Cli::try_parse_from(&args).unwrap_err(), &args)
    }

    #[test]
    fn what_is_missing_is_named() {
        let e = told("--json mail send --from a@b.example");
        for flag in ["--subject", "--body-file"] {
            assert!(e.message.contains(flag), "{}", e.message);
        }
        assert!(!e.message.contains("--from"), "{}", e.message);
        assert!(e.hint.contains("mail send --help"), "{}", e.hint);
        let e = told("--home mail --json mail");
        assert!(e.message.starts_with("aurelius-cli mail needs a subcommand: one of list, show, send, flag, move"), "{}", e.message);
        let e = told("--json");
        assert!(e.message.contains("needs a subcommand") && !e.message.contains("sandbox"), "{}", e.message);
        assert!(told("connect imap --email e --imap h:1").message.contains("--password-stdin"));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_was_meant() {
        let e = told("outbox lst");
        assert!(e.message.contains("lst") && e.hint.contains("list"), "{e:?}");
        let e = told("mail list --mailbx inbox");
        assert!(e.message.contains("--mailbx") && e.hint.contains("--mailbox"), "{e:?}");
        let e = told("mail flag 5 blue");
        assert!(e.message.contains("blue") && e.hint.contains("unstarred"), "{e:?}");
        let e = told("mail list --limit many");
        assert!(e.message.contains("many") && e.message.contains("--limit"), "{e:?}");
        for line in ["mail", "mail show", "search", "rekey --to-keyring --new-passphrase-file f"] {
            let e = told(line);
            assert!(!e.message.is_empty() && !e.message.ends_with(':'), "{line}: {}", e.message);
        }
    }

    /// A command without a schema, or a schema without a command.
    #[test]
    fn every_command_has_its_schema() {
        use std::collections::BTreeSet;
        // An error is no command's own, and the time of guests is told by another shape than one's own.
        let mut commands = BTreeSet::from(["error".to_owned(), "calendar-freebusy-with".to_owned()]);
        for command in Cli::command().get_subcommands().filter(|c| !c.is_hide_set()) {
            match command.get_name() {
                group @ ("mail" | "outbox" | "calendar" | "tasks" | "files") => {
                    commands.extend(command.get_subcommands().map(|c| format!("{group}-{}", c.get_name())));
                }
                one => {
                    commands.insert(one.to_owned());
                }
            }
        }
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/cli");
        let names = std::fs::read_dir(docs).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let schemas: BTreeSet<String> = names.filter_map(|n| n.strip_suffix(".schema.json").map(str::to_owned)).collect();
        assert_eq!(commands, schemas);
    }
}
