//! What changed when, of one type of data, and the states that stand for points in time (RFC 8620 section 5.2).

use super::error::MethodError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Created,
    Updated,
    /// Only numbers that follow from other data (a mailbox's counts).
    Counted,
    Destroyed,
}

pub(super) struct Log {
    /// What states begin with, so that one of another type is none of this.
    letter: char,
    serial: u64,
    void_before: u64,
    entries: Vec<(u64, String, What)>,
}

/// What `/changes` answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub new_state: String,
    pub more: bool,
    pub created: Vec<String>,
    pub updated: Vec<String>,
    pub destroyed: Vec<String>,
    /// Nothing but counts changed in what was updated.
    pub only_counts: bool,
}

/// The sum of what happened to one record.
#[derive(Default)]
struct Sum {
    id: String,
    created: bool,
    counted: bool,
    updated: bool,
    destroyed: bool,
}

impl Log {
    pub fn new(letter: char) -> Self {
        Self { letter, serial: 0, void_before: 0, entries: Vec::new() }
    }

    fn text(&self, serial: u64) -> String {
        format!("{}{serial}", self.letter)
    }

    pub fn state(&self) -> String {
        self.text(self.serial)
    }

    pub fn note(&mut self, id: &str, what: What) {
        self.serial += 1;
        self.entries.push((self.serial, id.to_owned(), what));
    }

    /// Nothing is known any more of what changed before now.
    pub fn void(&mut self) {
        self.serial += 1;
        self.void_before = self.serial;
    }

    fn serial_of(&self, state: &str) -> Option<u64> {
        let serial: u64 = state.strip_prefix(self.letter)?.parse().ok()?;
        (self.void_before..=self.serial).contains(&serial).then_some(serial)
    }

    /// At most `most` records, where there is a limit: then the state is one in between.
    pub fn changes(&self, since: &str, most: Option<usize>) -> Result<Told, MethodError> {
        let from = self.serial_of(since).ok_or_else(|| MethodError::new("cannotCalculateChanges", "This state is too old."))?;
        let mut sums: Vec<Sum> = Vec::new();
        let (mut reached, mut more) = (from, false);
        for (serial, id, what) in self.entries.iter().filter(|(serial, ..)| *serial > from) {
            let at = sums.iter().position(|sum| sum.id == *id);
            if at.is_none() && most.is_some_and(|most| sums.len() >= most) {
                more = true;
                break;
            }
            let at = at.unwrap_or_else(|| {
                sums.push(Sum { id: id.clone(), ..Sum::default() });
                sums.len() - 1
            });
            if let Some(sum) = sums.get_mut(at) {
                match what {
                    What::Created => sum.created = true,
                    What::Updated => sum.updated = true,
                    What::Counted => sum.counted = true,
                    What::Destroyed => sum.destroyed = true,
                }
            }
            reached = *serial;
        }
        let of = |wanted: fn(&Sum) -> bool| sums.iter().filter(|sum| wanted(sum)).map(|sum| sum.id.clone()).collect::<Vec<_>>();
        Ok(Told {
            new_state: if more { self.text(reached) } else { self.state() },
            more,
            // What came and went in between was never there.
            created: of(|sum| sum.created && !sum.destroyed),
            updated: of(|sum| !sum.created && !sum.destroyed),
            destroyed: of(|sum| !sum.created && sum.destroyed),
            only_counts: !sums.iter().any(|sum| sum.updated && !sum.created && !sum.destroyed),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn changes_are_summed_up_and_come_in_pieces() {
        let mut log = Log::new('e');
        let start = log.state();
        for (id, what) in [
            ("a", What::Created),
            ("b", What::Created),
            ("a", What::Updated),
            ("b", What::Destroyed),
            ("c", What::Counted),
            ("d", What::Destroyed),
        ] {
            log.note(id, what);
        }
        let all = log.changes(&start, None).unwrap();
        assert_eq!((all.created, all.updated, all.destroyed), (vec!["a".to_owned()], vec!["c".to_owned()], vec!["d".to_owned()]));
        assert!(all.only_counts && !all.more && all.new_state == log.state());
        let part = log.changes(&start, Some(1)).unwrap();
        assert_eq!((part.created, part.more), (vec!["a".to_owned()], true));
        let rest = log.changes(&part.new_state, None).unwrap();
        // `b` is told of as gone to whoever was told nothing of it: that is allowed, and happens.
        assert_eq!((rest.created.len(), rest.updated, rest.destroyed), (0, vec!["a".to_owned(), "c".to_owned()], vec!["d".to_owned()]));
    }

    #[test]
    fn states_of_others_and_of_old_are_no_states() {
        let mut log = Log::new('e');
        log.note("a", What::Created);
        for bad in ["", "e", "m1", "e2", "e-1", "1"] {
            assert_eq!(log.changes(bad, None).unwrap_err().kind, "cannotCalculateChanges", "{bad}");
        }
        let old = log.state();
        log.void();
        assert!(log.changes(&old, None).is_err() && log.changes(&log.state(), None).is_ok());
    }
}
