//! The grammar of `calendar`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// Nothing that is planned lasts longer: seconds.
const LONGEST: i64 = 366 * 86_400;

#[derive(Debug, Subcommand)]
pub enum Calendar {
    /// The calendars of all connections
    List,
    /// What is on
    Events {
        #[command(flatten)]
        range: Range,
        /// Of calendars that are not shown, too
        #[arg(long)]
        hidden: bool,
        /// Only of this calendar: its id, or its name
        #[arg(long, value_name = "ID")]
        calendar: Option<String>,
    },
    /// Events by words of their title or place: those to come first
    Find {
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// Of calendars that are not shown, too
        #[arg(long)]
        hidden: bool,
        /// At most that many to come, and as many that are over
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Everything about one event
    Show {
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Add an event
    Create(Box<CreateArgs>),
    /// Change an event; what is not given stays
    Update(Box<UpdateArgs>),
    /// Delete an event
    Delete {
        #[arg(value_name = "KEY")]
        key: String,
        #[command(flatten)]
        how: How,
    },
    /// Answer an invitation
    Respond {
        #[arg(value_name = "KEY")]
        key: String,
        #[arg(long, value_enum)]
        answer: AnswerWord,
        #[command(flatten)]
        how: How,
    },
    /// Choose a version of an event that was changed here and elsewhere
    Resolve {
        #[arg(value_name = "KEY")]
        key: String,
        #[arg(long, value_enum)]
        keep: KeepWord,
        #[command(flatten)]
        later: Later,
    },
    /// Write a calendar as an .ics file
    Export {
        #[arg(value_name = "ID")]
        calendar: String,
        /// A file that is not there yet [default: standard output]
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Put the events of an .ics file into a calendar; what it has already is left alone
    Import {
        /// - reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Its id, or its name [default: the one that new events go to]
        #[arg(long, value_name = "ID")]
        calendar: Option<String>,
        #[command(flatten)]
        later: Later,
    },
    /// When there is no time, over all calendars; or when others have none
    Freebusy {
        #[command(flatten)]
        range: Range,
        /// Of these people: addresses, with commas between them; one's own is answered from here, others are asked for at the server
        #[arg(long, value_name = "A,B", value_delimiter = ',')]
        with: Vec<String>,
        /// Whose server is asked: its id, or its name [default: the one that new events go to]
        #[arg(long, value_name = "ID", requires = "with")]
        calendar: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Range {
    /// A day, local time as 2026-12-01T08:00, or an instant as 2026-12-01T08:00:00Z [default: today]
    #[arg(long, value_name = "D")]
    pub from: Option<String>,
    /// The same; a day is included [default: two weeks later]
    #[arg(long, value_name = "D")]
    pub to: Option<String>,
}

#[derive(Debug, Args)]
pub struct Later {
    /// Return at once; the next sync or a running window writes it
    #[arg(long)]
    pub queue: bool,
}

#[derive(Debug, Args)]
pub struct How {
    /// Of a series: only this one, this one and all behind it, or all
    #[arg(long, value_enum, default_value_t = MembersWord::Only)]
    pub members: MembersWord,
    #[command(flatten)]
    pub later: Later,
}

#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("when").args(["start", "day"]).required(true)),
    group(ArgGroup::new("begins").args(["start"]).requires("length"))
)]
pub struct CreateArgs {
    #[arg(long, allow_hyphen_values = true)]
    pub title: String,
    /// Its id, or its name [default: the one that new events go to]
    #[arg(long, value_name = "ID")]
    pub calendar: Option<String>,
    #[command(flatten)]
    pub fields: FieldArgs,
    #[command(flatten)]
    pub later: Later,
}

#[derive(Debug, Args)]
pub struct UpdateArgs {
    #[arg(value_name = "KEY")]
    pub key: String,
    #[arg(long, allow_hyphen_values = true)]
    pub title: Option<String>,
    /// Into this calendar: its id, or its name; of a series all dates go (--members all)
    #[arg(long, value_name = "ID")]
    pub calendar: Option<String>,
    /// Guests may get a new invitation, where the provider does not simply move it
    #[arg(long, requires = "calendar")]
    pub new_invitations: bool,
    #[command(flatten)]
    pub fields: FieldArgs,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("length").args(["end", "lasting"])))]
pub struct FieldArgs {
    /// 2026-12-01T10:00, as the clock shows in --zone
    #[arg(long, value_name = "T", conflicts_with = "day")]
    pub start: Option<String>,
    /// The same
    #[arg(long, value_name = "T", conflicts_with = "day")]
    pub end: Option<String>,
    /// Instead of an end: 1h30m, 45m, 2d
    #[arg(long = "for", value_name = "LENGTH", value_parser = length, conflicts_with = "day")]
    pub lasting: Option<i64>,
    /// Time zone, such as Europe/Berlin [default: this computer's]
    #[arg(long, value_name = "Z", conflicts_with = "day")]
    pub zone: Option<String>,
    /// All day: 2026-12-24
    #[arg(long, value_name = "D")]
    pub day: Option<String>,
    /// The last day
    #[arg(long, value_name = "D", requires = "day", conflicts_with_all = ["start", "end", "lasting", "zone"])]
    pub until: Option<String>,
    #[arg(long, value_name = "L", allow_hyphen_values = true)]
    pub location: Option<String>,
    /// Plain text; - reads standard input
    #[arg(long, value_name = "F")]
    pub description_file: Option<PathBuf>,
    /// How it repeats (RFC 5545), such as FREQ=WEEKLY;COUNT=10; empty: it does not
    #[arg(long, value_name = "R")]
    pub rule: Option<String>,
    /// "Name <a@b>"; may be repeated; these are all
    #[arg(long = "guest", value_name = "A", conflicts_with = "no_guests")]
    pub guests: Vec<String>,
    #[arg(long)]
    pub no_guests: bool,
    /// Minutes before the start; may be repeated; these are all
    #[arg(long = "alarm", value_name = "MIN", conflicts_with = "no_alarms")]
    pub alarms: Vec<i32>,
    #[arg(long)]
    pub no_alarms: bool,
    /// Where to join: an https address; empty: nowhere
    #[arg(long, value_name = "URL")]
    pub join: Option<String>,
    /// The calendar's provider makes a video call for it (Google Meet, Teams; `calendar list` says which can)
    #[arg(long, conflicts_with = "join")]
    pub video: bool,
    /// It keeps nobody from anything
    #[arg(long)]
    pub free: bool,
    /// It does
    #[arg(long, conflicts_with = "free")]
    pub busy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MembersWord {
    Only,
    Following,
    All,
}

impl From<MembersWord> for engine::Members {
    fn from(word: MembersWord) -> Self {
        match word {
            MembersWord::Only => Self::Only,
            MembersWord::Following => Self::Following,
            MembersWord::All => Self::All,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerWord {
    Accepted,
    Declined,
    Tentative,
}

impl AnswerWord {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Tentative => "tentative",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeepWord {
    Mine,
    Theirs,
}

/// `1h30m` in seconds.
fn length(text: &str) -> Result<i64, String> {
    let bad = || "write it like 1h30m, 45m or 2d".to_owned();
    let (mut total, mut number, mut least) = (0i64, String::new(), i64::MAX);
    for c in text.trim().chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            _ => return Err(bad()),
        };
        // The larger first, each once: everything else is a typing mistake.
        if unit >= least {
            return Err(bad());
        }
        least = unit;
        let count: i64 = number.parse().map_err(|_| bad())?;
        number.clear();
        total = count.checked_mul(unit).and_then(|secs| total.checked_add(secs)).filter(|t| *t <= LONGEST).ok_or("at most 366 days")?;
    }
    if least == i64::MAX || !number.is_empty() { Err(bad()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_days_hours_and_minutes() {
        for (text, secs) in [("1h30m", 5_400), ("45m", 2_700), ("2d", 172_800), ("1d2h3m", 93_780), ("90m", 5_400), ("0m", 0)] {
            assert_eq!(length(text), Ok(secs), "{text}");
        }
        for bad in ["", "90", "h", "1h30", "30m1h", "1h1h", "-1h", "1,5h", "1 h", "1.5h", "400d", "99999999999999999999d"] {
            assert!(length(bad).is_err(), "{bad}");
        }
    }
}
