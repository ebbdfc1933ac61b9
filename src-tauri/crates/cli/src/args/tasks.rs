//! The grammar of `tasks`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use domain::tasks::Priority;

use super::calendar::{KeepWord, Later};

#[derive(Debug, Subcommand)]
pub enum Tasks {
    /// The task lists of all connections
    Lists,
    /// What is to be done
    List(ListArgs),
    /// Everything about one task
    Show {
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Add a task
    Create(Box<CreateArgs>),
    /// Change a task; what is not given stays
    Update(Box<UpdateArgs>),
    /// Tick a task off
    Complete {
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        later: Later,
    },
    /// Open a task again
    Reopen {
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        later: Later,
    },
    /// Delete a task and what stands below it
    Delete {
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        later: Later,
    },
    /// Move a task and what stands below it
    Move(MoveArgs),
    /// Choose a version of a task that was changed here and elsewhere
    Resolve {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_enum)]
        keep: KeepWord,
        #[command(flatten)]
        later: Later,
    },
    /// The tables of a connection to Notion: which are task lists, and which of their properties mean what
    Tables(TablesArgs),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("set").args(["used", "unused", "suggested", "mapping_file"]).requires("table")))]
pub struct TablesArgs {
    #[arg(long, value_name = "ID")]
    pub connection: String,
    /// Change this one: its id, or its name
    #[arg(long, value_name = "ID", requires = "set")]
    pub table: Option<String>,
    /// It is a task list, mapped as before, else as is suggested
    #[arg(long)]
    pub used: bool,
    /// It is none: its tasks are no longer shown here
    #[arg(long)]
    pub unused: bool,
    /// It is one, mapped as its properties look like
    #[arg(long)]
    pub suggested: bool,
    /// It is one, mapped as this file says, in the JSON of --json; - reads standard input
    #[arg(long, value_name = "F")]
    pub mapping_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// today (with what is overdue), upcoming, anytime (due on no day), open (of --list), or done [default: open with --list, else today]
    #[arg(long, value_enum, conflicts_with = "find")]
    pub view: Option<ViewWord>,
    /// Of this list: its id, or its name; for open and done
    #[arg(long, value_name = "ID", conflicts_with = "find")]
    pub list: Option<String>,
    /// Tasks with these words in title, notes or labels
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    pub find: Option<String>,
    /// Those that are done, too
    #[arg(long, requires = "find")]
    pub closed: bool,
    /// What stands below a task comes with it and is not counted
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewWord {
    Today,
    Upcoming,
    Anytime,
    Open,
    Done,
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// [default with --from-mail: the subject; with --from-event: the event's title]
    #[arg(long, allow_hyphen_values = true, required_unless_present_any = ["from_mail", "from_event"])]
    pub title: Option<String>,
    /// Its id, or its name [default: the one that new tasks go to]
    #[arg(long, value_name = "ID")]
    pub list: Option<String>,
    /// A subtask of this task, in its list
    #[arg(long, value_name = "ID", conflicts_with = "list")]
    pub below: Option<String>,
    /// From this message: `tasks show` leads back to it
    #[arg(long, value_name = "ID")]
    pub from_mail: Option<String>,
    /// From this event: `tasks show` leads back to it
    #[arg(long, value_name = "KEY", conflicts_with = "from_mail")]
    pub from_event: Option<String>,
    #[command(flatten)]
    pub fields: FieldArgs,
    #[command(flatten)]
    pub later: Later,
}

#[derive(Debug, Args)]
pub struct UpdateArgs {
    #[arg(value_name = "ID")]
    pub id: String,
    #[arg(long, allow_hyphen_values = true)]
    pub title: Option<String>,
    #[command(flatten)]
    pub fields: FieldArgs,
    #[command(flatten)]
    pub later: Later,
}

#[derive(Debug, Args)]
pub struct FieldArgs {
    /// A line of notes; empty: none
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "notes_file")]
    pub notes: Option<String>,
    /// Notes from a file; - reads standard input
    #[arg(long, value_name = "F")]
    pub notes_file: Option<PathBuf>,
    /// 2026-12-24, 2026-12-24T09:30 as the clock shows wherever you are, or an instant as 2026-12-24T08:30:00Z
    #[arg(long, value_name = "D", conflicts_with = "no_due")]
    pub due: Option<String>,
    /// Time zone of a time that --due names, such as Europe/Berlin
    #[arg(long, value_name = "Z", requires = "due")]
    pub zone: Option<String>,
    /// Due on no day
    #[arg(long)]
    pub no_due: bool,
    #[arg(long, value_enum)]
    pub priority: Option<PriorityWord>,
    /// May be repeated; these are all
    #[arg(long = "label", value_name = "L", conflicts_with = "no_labels")]
    pub labels: Vec<String>,
    #[arg(long)]
    pub no_labels: bool,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("to").args(["list", "below", "top"]).required(true)))]
pub struct MoveArgs {
    #[arg(value_name = "ID")]
    pub id: String,
    /// To this list of the same connection: its id, or its name
    #[arg(long, value_name = "ID")]
    pub list: Option<String>,
    /// Below this task of the same list
    #[arg(long, value_name = "ID")]
    pub below: Option<String>,
    /// Out from below another
    #[arg(long)]
    pub top: bool,
    #[command(flatten)]
    pub later: Later,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PriorityWord {
    None,
    Low,
    Medium,
    High,
    Urgent,
}

impl From<PriorityWord> for Priority {
    fn from(word: PriorityWord) -> Self {
        match word {
            PriorityWord::None => Self::None,
            PriorityWord::Low => Self::Low,
            PriorityWord::Medium => Self::Medium,
            PriorityWord::High => Self::High,
            PriorityWord::Urgent => Self::Urgent,
        }
    }
}
