//! The same for tasks.

use engine::{
    EngineError,
    rpc::{DueWords, MoveWords, TableWords, TaskWords, TasksRequest, ViewWords},
};

use super::text_file;
use crate::args::{
    calendar::KeepWord,
    tasks::{FieldArgs, ListArgs, MoveArgs, TablesArgs, Tasks, ViewWord},
};

/// Notes are text to read.
const TEXT_MAX: u64 = 1024 * 1024;

pub fn from(tasks: &Tasks) -> Result<TasksRequest, EngineError> {
    Ok(match tasks {
        Tasks::Lists => TasksRequest::Lists,
        Tasks::List(args) => TasksRequest::List { view: view(args)?, limit: args.limit, after: args.after.clone() },
        Tasks::Show { id } => TasksRequest::Show { id: id.clone() },
        Tasks::Create(args) => TasksRequest::Create {
            list: args.list.clone(),
            message: args.from_mail.clone(),
            event: args.from_event.clone(),
            fields: Box::new(TaskWords { below: args.below.clone(), ..fields(args.title.as_ref(), &args.fields)? }),
            queue: args.later.queue,
        },
        Tasks::Update(args) => TasksRequest::Update {
            id: args.id.clone(),
            fields: Box::new(fields(args.title.as_ref(), &args.fields)?),
            queue: args.later.queue,
        },
        Tasks::Complete { id, later } => TasksRequest::Complete { id: id.clone(), done: true, queue: later.queue },
        Tasks::Reopen { id, later } => TasksRequest::Complete { id: id.clone(), done: false, queue: later.queue },
        Tasks::Delete { id, later } => TasksRequest::Delete { id: id.clone(), queue: later.queue },
        Tasks::Move(args) => TasksRequest::Move { id: args.id.clone(), to: place(args), queue: args.later.queue },
        Tasks::Resolve { id, keep, later } => TasksRequest::Resolve { id: id.clone(), mine: *keep == KeepWord::Mine, queue: later.queue },
        Tasks::Tables(args) => TasksRequest::Tables { connection: args.connection.clone(), change: table(args)? },
    })
}

/// The grammar wants a table with exactly one of them.
fn table(args: &TablesArgs) -> Result<Option<(String, TableWords)>, EngineError> {
    let Some(table) = &args.table else { return Ok(None) };
    let words = match &args.mapping_file {
        Some(file) => TableWords::Mapping { json: text_file(file, TEXT_MAX, "A mapping is short.")? },
        None if args.unused => TableWords::Unused,
        None if args.suggested => TableWords::Suggested,
        None => TableWords::Used,
    };
    Ok(Some((table.clone(), words)))
}

fn view(args: &ListArgs) -> Result<ViewWords, EngineError> {
    if let Some(text) = &args.find {
        return Ok(ViewWords::Search { text: text.clone(), closed: args.closed });
    }
    match (args.view, &args.list) {
        (None | Some(ViewWord::Open), Some(list)) => Ok(ViewWords::List { list: list.clone() }),
        (Some(ViewWord::Done), list) => Ok(ViewWords::Done { list: list.clone() }),
        (None | Some(ViewWord::Today), None) => Ok(ViewWords::Today),
        (Some(ViewWord::Upcoming), None) => Ok(ViewWords::Upcoming),
        (Some(ViewWord::Anytime), None) => Ok(ViewWords::Anytime),
        (Some(ViewWord::Open), None) => Err(EngineError::invalid("--view open needs a list.", "Give --list; `tasks lists` names them.")),
        (Some(_), Some(_)) => {
            Err(EngineError::invalid("This view is over all lists.", "With --list there are --view open and --view done."))
        }
    }
}

/// The grammar wants exactly one of them.
fn place(args: &MoveArgs) -> MoveWords {
    match (&args.list, &args.below) {
        (Some(list), _) => MoveWords::List { list: list.clone() },
        (None, Some(task)) => MoveWords::Below { task: task.clone() },
        (None, None) => MoveWords::Top,
    }
}

fn fields(title: Option<&String>, args: &FieldArgs) -> Result<TaskWords, EngineError> {
    let file = args.notes_file.as_deref().map(|f| text_file(f, TEXT_MAX, "Put it behind a link.")).transpose()?;
    let due = args.due.as_ref().map(|text| DueWords::On { text: text.clone(), zone: args.zone.clone() });
    Ok(TaskWords {
        title: title.cloned(),
        notes: args.notes.clone().or(file),
        due: if args.no_due { Some(DueWords::Never) } else { due },
        priority: args.priority.map(Into::into),
        labels: if args.no_labels || !args.labels.is_empty() { Some(args.labels.clone()) } else { None },
        status: None,
        below: None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser as _;
    use domain::tasks::Priority;

    use super::*;
    use crate::args::{Cli, Command};

    fn request(line: &str) -> Result<TasksRequest, EngineError> {
        let args = ["aurelius-cli", "tasks"].into_iter().chain(line.split(' '));
        let Command::Tasks(tasks) = Cli::try_parse_from(args).unwrap().command else { panic!("another command") };
        from(&tasks)
    }

    #[test]
    fn a_list_is_of_one_view() {
        let view = |line: &str| match request(line)? {
            TasksRequest::List { view, .. } => Ok(view),
            other => panic!("{other:?}"),
        };
        let list = || "Home".to_owned();
        assert_eq!(view("list").unwrap(), ViewWords::Today);
        assert_eq!(view("list --list Home").unwrap(), ViewWords::List { list: list() });
        assert_eq!(view("list --list Home --view done").unwrap(), ViewWords::Done { list: Some(list()) });
        assert_eq!(view("list --view done").unwrap(), ViewWords::Done { list: None });
        assert_eq!(view("list --find plan --closed").unwrap(), ViewWords::Search { text: "plan".into(), closed: true });
        for line in ["list --view open", "list --list Home --view today", "list --list Home --view anytime"] {
            let e: EngineError = view(line).unwrap_err();
            assert!(e.is("invalid") && e.hint.contains("--list"), "{line}: {e:?}");
        }
    }

    #[test]
    fn only_what_is_given_is_changed() {
        let TasksRequest::Update { fields, queue: false, .. } = request("update 5 --no-due --no-labels --priority high").unwrap() else {
            panic!()
        };
        let wanted =
            TaskWords { due: Some(DueWords::Never), labels: Some(Vec::new()), priority: Some(Priority::High), ..TaskWords::default() };
        assert_eq!(*fields, wanted);
        let TasksRequest::Create { fields, list: None, message: None, .. } =
            request("create --title T --due 2026-12-24T09:30 --zone UTC --label a --label b --below 7").unwrap()
        else {
            panic!()
        };
        assert_eq!(fields.due, Some(DueWords::On { text: "2026-12-24T09:30".into(), zone: Some("UTC".into()) }));
        assert_eq!((fields.labels, fields.below), (Some(vec!["a".into(), "b".into()]), Some("7".into())));
        assert!(matches!(request("move 5 --top").unwrap(), TasksRequest::Move { to: MoveWords::Top, .. }));
        let change = |line: &str| match request(line).unwrap() {
            TasksRequest::Tables { change, .. } => change,
            other => panic!("{other:?}"),
        };
        assert_eq!(change("tables --connection c"), None);
        assert_eq!(change("tables --connection c --table T --unused"), Some(("T".into(), TableWords::Unused)));
        assert_eq!(change("tables --connection c --table T --suggested"), Some(("T".into(), TableWords::Suggested)));
        assert!(matches!(request("reopen 5 --queue").unwrap(), TasksRequest::Complete { done: false, queue: true, .. }));
    }

    #[test]
    fn what_makes_no_task_is_no_command() {
        for line in [
            "create",
            "create --title T --due 2026-12-24 --no-due",
            "create --title T --zone UTC",
            "create --title T --below 5 --list Home",
            "create --title T --notes a --notes-file b",
            "update",
            "update 5 --priority sky",
            "update 5 --label a --no-labels",
            "list --find x --list Home",
            "list --closed",
            "move 5",
            "move 5 --top --list Home",
            "resolve 5",
            "resolve 5 --keep both",
            "complete",
            "tables",
            "tables --connection c --table t",
            "tables --connection c --used",
            "tables --connection c --table t --used --unused",
        ] {
            let args = ["aurelius-cli", "tasks"].into_iter().chain(line.split(' '));
            assert!(Cli::try_parse_from(args).is_err(), "{line}");
        }
        let error = request("create --title T --notes-file /no/such/file").unwrap_err();
        assert!(error.is("no_file"), "{error:?}");
    }
}
