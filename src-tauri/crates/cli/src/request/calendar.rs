//! The same for calendars.

use chrono::{Days, NaiveDate};
use domain::time::{Timestamp, Zone};
use engine::{
    EngineError, EventFields,
    rpc::{CalendarRequest, EndWords, FieldWords, WhenWords},
};

use super::{text_file, time};
use crate::args::calendar::{Calendar, FieldArgs, KeepWord, Range};

/// A description is text to read.
const TEXT_MAX: u64 = 1024 * 1024;
/// A calendar of decades has a tenth of it.
const FILE_MAX: u64 = 32 * 1024 * 1024;

/// `zone`: of this computer.
pub fn from(calendar: &Calendar, zone: &Zone) -> Result<CalendarRequest, EngineError> {
    Ok(match calendar {
        Calendar::List => CalendarRequest::List,
        Calendar::Events { range, hidden, calendar } => {
            let (from, to) = edges(range, zone)?;
            CalendarRequest::Events { from, to, hidden: *hidden, calendar: calendar.clone() }
        }
        Calendar::Find { words, hidden, limit } => CalendarRequest::Find { text: words.join(" "), hidden: *hidden, limit: *limit },
        Calendar::Show { key } => CalendarRequest::Show { key: key.clone() },
        Calendar::Create(args) => CalendarRequest::Create {
            calendar: args.calendar.clone(),
            fields: Box::new(fields(Some(&args.title), &args.fields)?),
            queue: args.later.queue,
        },
        Calendar::Update(args) => CalendarRequest::Update {
            key: args.key.clone(),
            members: args.how.members.into(),
            calendar: args.calendar.clone(),
            anew: args.new_invitations,
            fields: Box::new(fields(args.title.as_ref(), &args.fields)?),
            queue: args.how.later.queue,
        },
        Calendar::Delete { key, how } => CalendarRequest::Delete { key: key.clone(), members: how.members.into(), queue: how.later.queue },
        Calendar::Respond { key, answer, how } => CalendarRequest::Respond {
            key: key.clone(),
            members: how.members.into(),
            answer: answer.as_str().to_owned(),
            queue: how.later.queue,
        },
        Calendar::Resolve { key, keep, later } => {
            CalendarRequest::Resolve { key: key.clone(), mine: *keep == KeepWord::Mine, queue: later.queue }
        }
        Calendar::Export { calendar, .. } => CalendarRequest::Export { calendar: calendar.clone() },
        Calendar::Import { file, calendar, later } => CalendarRequest::Import {
            calendar: calendar.clone(),
            text: text_file(file, FILE_MAX, "Split it into smaller files.")?,
            queue: later.queue,
        },
        Calendar::Freebusy { range, with, calendar } => {
            let (from, to) = edges(range, zone)?;
            CalendarRequest::FreeBusy { from, to, with: with.clone(), calendar: calendar.clone() }
        }
    })
}

/// From the beginning of the first day to the end of the last.
fn edges(range: &Range, zone: &Zone) -> Result<(Option<Timestamp>, Option<Timestamp>), EngineError> {
    let edge = |text: &String, days: u64| {
        let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().and_then(|d| d.checked_add_days(Days::new(days)));
        match day.and_then(|d| d.and_hms_opt(0, 0, 0)) {
            Some(midnight) => Ok(zone.instant(midnight.and_utc().timestamp())),
            None => time(text.trim(), zone).map_err(|e| EngineError {
                hint: "Write a day as 2026-12-01, local time as 2026-12-01T08:00, or an instant as 2026-12-01T08:00:00Z.".to_owned(),
                ..e
            }),
        }
    };
    Ok((range.from.as_ref().map(|t| edge(t, 0)).transpose()?, range.to.as_ref().map(|t| edge(t, 1)).transpose()?))
}

fn fields(title: Option<&String>, args: &FieldArgs) -> Result<FieldWords, EngineError> {
    let when = match &args.day {
        Some(first) => Some(WhenWords::Days { first: first.clone(), last: args.until.clone() }),
        None => {
            let end = args.end.clone().map(EndWords::At).or(args.lasting.map(EndWords::After));
            let said = args.start.is_some() || end.is_some() || args.zone.is_some();
            said.then(|| WhenWords::Clock { start: args.start.clone(), end, zone: args.zone.clone() })
        }
    };
    let list = |none: bool, given: &[String]| if none || !given.is_empty() { Some(given.to_vec()) } else { None };
    let fields = EventFields {
        title: title.cloned(),
        location: args.location.clone(),
        description: args.description_file.as_deref().map(|f| text_file(f, TEXT_MAX, "Put it behind a link.")).transpose()?,
        time: None,
        // As it stands in a file, too.
        rule: args.rule.as_ref().map(|r| r.trim().trim_start_matches("RRULE:").to_owned()),
        free: (args.free || args.busy).then_some(args.free),
        alarms: if args.no_alarms || !args.alarms.is_empty() { Some(args.alarms.clone()) } else { None },
        guests: list(args.no_guests, &args.guests),
        join: args.join.clone(),
        video: args.video.then_some(true),
    };
    Ok(FieldWords { fields, when })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn request(line: &[&str]) -> Result<CalendarRequest, EngineError> {
        let args = ["aurelius-cli", "calendar"].iter().chain(line);
        let Command::Calendar(calendar) = Cli::try_parse_from(args).unwrap().command else { panic!("another command") };
        // Two hours east, for ever.
        from(&calendar, &Zone::fixed(7_200))
    }

    fn create(line: &[&str]) -> FieldWords {
        let CalendarRequest::Create { fields, .. } = request(&[&["create", "--title", "T"], line].concat()).unwrap() else { panic!() };
        *fields
    }

    #[test]
    fn days_of_a_range_are_whole_and_local() {
        let range = |from: &str, to: &str| match request(&["events", "--from", from, "--to", to])? {
            CalendarRequest::Events { from, to, .. } => Ok((from.unwrap().secs(), to.unwrap().secs())),
            _ => panic!("another command"),
        };
        let midnight = 1_796_076_000; // 2026-12-01T00:00+02:00
        assert_eq!(range("2026-12-01", "2026-12-01").unwrap(), (midnight, midnight + 86_400));
        assert_eq!(range("2026-12-01T00:00", "2026-11-30T22:00:01Z").unwrap(), (midnight, midnight + 1));
        let error: EngineError = range("tomorrow", "2026-12-01").unwrap_err();
        assert!(error.is("invalid") && error.hint.contains("2026-12-01"), "{error:?}");
        let CalendarRequest::FreeBusy { from: None, to: None, with, calendar: None } = request(&["freebusy"]).unwrap() else {
            panic!("the engine knows today")
        };
        assert!(with.is_empty());
        let line = ["freebusy", "--with", "a@b.example,c@d.example", "--with", "e@f.example", "--calendar", "Plan"];
        let CalendarRequest::FreeBusy { with, calendar, .. } = request(&line).unwrap() else { panic!("another command") };
        assert_eq!((with.len(), with[1].as_str(), calendar.as_deref()), (3, "c@d.example", Some("Plan")));
    }

    #[test]
    fn only_what_is_given_is_changed() {
        let words = create(&["--start", "2026-12-01T10:00", "--for", "1h30m"]);
        let when = WhenWords::Clock { start: Some("2026-12-01T10:00".into()), end: Some(EndWords::After(5_400)), zone: None };
        assert_eq!(words.when, Some(when));
        assert_eq!(words.fields, EventFields { title: Some("T".into()), ..EventFields::default() });
        let words = create(&[
            "--day",
            "2026-12-24",
            "--until",
            "2026-12-26",
            "--free",
            "--rule",
            "RRULE:FREQ=YEARLY",
            "--alarm",
            "0",
            "--alarm",
            "60",
        ]);
        assert_eq!(words.when, Some(WhenWords::Days { first: "2026-12-24".into(), last: Some("2026-12-26".into()) }));
        assert_eq!(
            (words.fields.free, words.fields.rule.as_deref(), words.fields.alarms),
            (Some(true), Some("FREQ=YEARLY"), Some(vec![0, 60]))
        );
        let CalendarRequest::Update { fields, members, queue: false, .. } =
            request(&["update", "5/", "--busy", "--no-guests", "--no-alarms", "--rule", "", "--members", "following"]).unwrap()
        else {
            panic!()
        };
        assert_eq!(members, engine::Members::Following);
        assert_eq!((fields.fields.free, fields.fields.guests, fields.fields.alarms), (Some(false), Some(Vec::new()), Some(Vec::new())));
        assert_eq!((fields.when, fields.fields.rule.as_deref(), fields.fields.title), (None, Some(""), None));
    }

    #[test]
    fn a_call_is_asked_for_and_an_event_goes_elsewhere_by_name() {
        assert_eq!(create(&["--day", "2026-12-24", "--video"]).fields.video, Some(true));
        let CalendarRequest::Update { calendar, anew, fields, .. } =
            request(&["update", "5/", "--calendar", "Plan", "--new-invitations"]).unwrap()
        else {
            panic!()
        };
        assert_eq!((calendar.as_deref(), anew, fields.fields), (Some("Plan"), true, EventFields::default()));
    }

    #[test]
    fn what_makes_no_event_is_no_command() {
        for line in [
            "create --title T",
            "create --start 2026-12-01T10:00 --for 1h",
            "create --title T --start 2026-12-01T10:00",
            "create --title T --start 2026-12-01T10:00 --end 2026-12-01T11:00 --for 1h",
            "create --title T --start 2026-12-01T10:00 --for 1h --day 2026-12-01",
            "create --title T --day 2026-12-01 --for 1h",
            "create --title T --start 2026-12-01T10:00 --for 1h --until 2026-12-02",
            "create --title T --day 2026-12-01 --free --busy",
            "update 5/ --guest a@b.example --no-guests",
            "update 5/ --members some",
            "update 5/ --new-invitations",
            "create --title T --day 2026-12-01 --video --join https://x.example",
            "respond 5/ --answer perhaps",
            "respond 5/",
            "resolve 5/ --keep both",
            "resolve 5/",
            "freebusy --calendar Plan",
            "import",
            "export",
        ] {
            let args = ["aurelius-cli", "calendar"].into_iter().chain(line.split(' '));
            assert!(Cli::try_parse_from(args).is_err(), "{line}");
        }
        let error = request(&["import", "/no/such/file"]).unwrap_err();
        assert!(error.is("no_file"), "{error:?}");
    }
}
