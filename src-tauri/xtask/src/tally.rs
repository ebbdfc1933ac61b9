//! Adds up what the test runners report.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// One check without a runner of its own.
    pub const fn one(ok: bool) -> Self {
        Self { passed: ok as u64, failed: !ok as u64 }
    }

    /// Reads `test result: ok. 3 passed; 1 failed;` (cargo), `Tests  1 failed | 12 passed (13)` (vitest) and
    /// `12 passed, 0 failed` (our browser and window runners). A runner that failed without a count counts as one failure.
    pub fn read(text: &str, ok: bool) -> Self {
        let mut tally = Self::default();
        for line in text.lines() {
            let line = strip_ansi(line);
            let line = line.trim();
            if line.starts_with("test result:") || line.starts_with("Tests ") || is_plain(line) {
                tally.passed += before(line, "passed");
                tally.failed += before(line, "failed");
            }
        }
        if !ok && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    }
}

fn is_plain(line: &str) -> bool {
    let mut words = line.split([' ', ',']).filter(|w| !w.is_empty());
    words.next().is_some_and(|w| w.parse::<u64>().is_ok()) && words.next() == Some("passed") && line.contains("failed")
}

/// The number in front of a word, 0 where there is none.
fn before(line: &str, word: &str) -> u64 {
    let mut last = 0;
    for token in line.split([' ', ';', ',', '.', '|', '(', ')']).filter(|t| !t.is_empty()) {
        if token == word {
            return last;
        }
        last = token.parse().unwrap_or(0);
    }
    0
}

fn strip_ansi(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_is_understood() {
        let cargo = "running 2 tests\ntest result: ok. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out";
        assert_eq!(Tally::read(cargo, false), Tally { passed: 3, failed: 1 });
        let vitest = " \u{1b}[2m Test Files \u{1b}[22m 4 passed (4)\n      \u{1b}[2mTests\u{1b}[22m  1 failed | 12 passed (13)\n";
        assert_eq!(Tally::read(vitest, false), Tally { passed: 12, failed: 1 });
        assert_eq!(Tally::read("ok a\n40 passed, 0 failed", true), Tally { passed: 40, failed: 0 });
        assert_eq!(Tally::read("error: could not compile", false), Tally { passed: 0, failed: 1 });
    }
}
