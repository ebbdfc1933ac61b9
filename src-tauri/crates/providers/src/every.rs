//! How something repeats, in words that the window has in its other languages.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// `unit` None: nobody knows how. `days`: on how many days of the week, where it is weekly. On which day of the week or of the month, the
/// task's own day says.
pub fn every(unit: Option<Unit>, interval: u32, days: usize) -> String {
    let interval = interval.max(1);
    let Some(unit) = unit else { return "again and again".to_owned() };
    let every = match (unit, interval) {
        (Unit::Day, 1) => "every day".to_owned(),
        (Unit::Week, 1) => "every week".to_owned(),
        (Unit::Month, 1) => "every month".to_owned(),
        (Unit::Year, 1) => "every year".to_owned(),
        (Unit::Day, _) => format!("every {interval} days"),
        (Unit::Week, _) => format!("every {interval} weeks"),
        (Unit::Month, _) => format!("every {interval} months"),
        (Unit::Year, _) => format!("every {interval} years"),
    };
    if unit == Unit::Week && days > 1 { format!("{every}, on {days} days") } else { every }
}
