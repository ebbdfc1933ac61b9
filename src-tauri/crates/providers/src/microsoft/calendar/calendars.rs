//! Which calendars there are.

use domain::{calendar::RemoteCalendar, error::ProviderError};

use super::{super::api::Api, super::endpoints::with_query, call, model::Calendar, pages};

const SELECT: &str = "id,name,color,hexColor,canEdit,isDefaultCalendar,allowedOnlineMeetingProviders,defaultOnlineMeetingProvider";

/// Outlook's palette, for a calendar that names its colour and doesn't say how that looks.
const PALETTE: [(&str, &str); 9] = [
    ("lightBlue", "#a6d1f5"),
    ("lightGreen", "#87d28e"),
    ("lightOrange", "#fcab73"),
    ("lightGray", "#c0c0c0"),
    ("lightYellow", "#f4d07a"),
    ("lightTeal", "#4adacc"),
    ("lightPink", "#f08cc0"),
    ("lightBrown", "#cba287"),
    ("lightRed", "#f88c9b"),
];

/// The main one first: it is what new events go into where nobody chose another.
pub async fn list(api: &Api) -> Result<Vec<RemoteCalendar>, ProviderError> {
    let url = with_query(api.urls.me(["calendars"]), &[("$select", SELECT), ("$top", "100")]);
    let mut all: Vec<Calendar> = pages::whole(api, "the list of calendars", url).await?.values;
    all.retain(|calendar| !calendar.id.is_empty());
    all.sort_by_key(|calendar| !calendar.is_default_calendar);
    Ok(all.into_iter().map(shown).collect())
}

fn shown(calendar: Calendar) -> RemoteCalendar {
    let calls = call::kind(&calendar);
    let hex = calendar.hex_color.filter(|hex| hex.len() == 7 && hex.starts_with('#'));
    let named = || PALETTE.iter().find(|(name, _)| Some(*name) == calendar.color.as_deref()).map(|(_, hex)| (*hex).to_owned());
    RemoteCalendar {
        colour: hex.or_else(named),
        // Graph's calendars have none: times are in the zone that each event was made in.
        zone: None,
        writable: calendar.can_edit,
        events: true,
        tasks: false,
        // Exchange tells guests of changes, and organisers of answers.
        schedules: true,
        calls,
        name: calendar.name,
        id: calendar.id,
    }
}
