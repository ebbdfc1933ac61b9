//! Where the window was on each screen, so that it comes back there: `place.json` of the home. Nothing private, and needed
//! before the store is open.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

/// What a new window gets, and the least it works with (logical pixels).
pub const SIZE: (f64, f64) = (1280.0, 800.0);
pub const LEAST: (f64, f64) = (960.0, 600.0);
/// So much of the top edge must be on a screen for a hand to reach it.
const GRIP: f64 = 64.0;

/// A rectangle on the desktop in logical pixels of its screen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub rect: Rect,
    pub maximized: bool,
}

/// Every screen's last place, by the screen's name and size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Places {
    pub screens: BTreeMap<String, Place>,
    /// The screen that the window was on last.
    pub last: Option<String>,
    /// The person was told once that a closed window leaves Aurelius running.
    pub told: bool,
}

/// A screen that is there now.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    pub key: String,
    /// What no panel or dock covers.
    pub work: Rect,
}

impl Places {
    /// A file that is damaged or from another program means no memory, never an error.
    pub fn read(home: &Path) -> Self {
        fs::read(home.join("place.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// A home that does not exist yet is not made for this: whether there will be one is the person's choice.
    pub fn write(&self, home: &Path) -> std::io::Result<()> {
        if !home.is_dir() {
            return Ok(());
        }
        let temporary = home.join("place.json.new");
        fs::write(&temporary, serde_json::to_vec_pretty(self)?)?;
        fs::rename(temporary, home.join("place.json"))
    }

    pub fn remember(&mut self, key: String, place: Place) {
        // Maximised it has no size of its own: the one before is kept for the day it is made smaller.
        let rect = match self.screens.get(&key) {
            Some(before) if place.maximized => before.rect,
            _ => place.rect,
        };
        self.screens.insert(key.clone(), Place { rect, ..place });
        self.last = Some(key);
    }

    /// Where to open: the last screen if it is there, else the first that is known, else None (the system decides).
    pub fn choose(&self, screens: &[Screen]) -> Option<Place> {
        let known = |screen: &&Screen| self.screens.contains_key(&screen.key);
        let last = screens.iter().find(|s| Some(&s.key) == self.last.as_ref() && known(s));
        let screen = last.or_else(|| screens.iter().find(known))?;
        let place = self.screens.get(&screen.key)?;
        Some(Place { rect: fit(place.rect, screen.work), maximized: place.maximized })
    }
}

/// No larger than the screen and within reach of a hand, whatever the file says.
fn fit(rect: Rect, work: Rect) -> Rect {
    let size = |wanted: f64, least: f64, most: f64| if wanted.is_finite() { wanted.max(least).min(most.max(1.0)) } else { least.min(most) };
    let (width, height) = (size(rect.width, LEAST.0, work.width), size(rect.height, LEAST.1, work.height));
    let at = |wanted: f64, low: f64, high: f64| if wanted.is_finite() { wanted.min(high).max(low) } else { low };
    Rect {
        x: at(rect.x, work.x - width + GRIP, work.x + work.width - GRIP),
        y: at(rect.y, work.y, work.y + work.height - GRIP),
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn screen(key: &str, x: f64) -> Screen {
        Screen { key: key.into(), work: Rect { x, y: 30.0, width: 1920.0, height: 1050.0 } }
    }

    fn place(x: f64, y: f64, width: f64, height: f64) -> Place {
        Place { rect: Rect { x, y, width, height }, maximized: false }
    }

    #[test]
    fn it_comes_back_where_it_was_on_each_screen() {
        let mut places = Places::default();
        assert_eq!(places.choose(&[screen("a", 0.0)]), None);
        places.remember("a".into(), place(10.0, 40.0, 1000.0, 700.0));
        places.remember("b".into(), place(2000.0, 50.0, 1600.0, 900.0));
        let both = [screen("a", 0.0), screen("b", 1920.0)];
        assert_eq!(places.choose(&both), Some(place(2000.0, 50.0, 1600.0, 900.0)));
        assert_eq!(places.choose(&both[..1]), Some(place(10.0, 40.0, 1000.0, 700.0)), "the second screen is unplugged");
        assert_eq!(places.choose(&[screen("c", 0.0)]), None);
    }

    #[test]
    fn a_maximised_window_keeps_the_size_it_had_before() {
        let mut places = Places::default();
        places.remember("a".into(), place(10.0, 40.0, 1000.0, 700.0));
        places.remember("a".into(), Place { maximized: true, ..place(0.0, 30.0, 1920.0, 1050.0) });
        let chosen = places.choose(&[screen("a", 0.0)]).unwrap();
        assert_eq!(chosen, Place { maximized: true, ..place(10.0, 40.0, 1000.0, 700.0) });
    }

    #[test]
    fn it_never_opens_out_of_reach_or_larger_than_the_screen() {
        let mut places = Places::default();
        for wild in [place(9e9, -9e9, 9e9, 9e9), place(f64::NAN, f64::INFINITY, f64::NAN, 0.0), place(-9e9, 9e9, -1.0, -1.0)] {
            places.remember("a".into(), wild);
            let Rect { x, y, width, height } = places.choose(&[screen("a", 0.0)]).unwrap().rect;
            assert!((LEAST.0..=1920.0).contains(&width) && (LEAST.1..=1050.0).contains(&height), "{width}×{height}");
            assert!(x + width >= GRIP && x <= 1920.0 - GRIP && (30.0..=1080.0 - GRIP).contains(&y), "{x}, {y}");
        }
    }

    #[test]
    fn the_file_is_optional_and_may_be_damaged() {
        let home = tempfile::tempdir().unwrap();
        let mut places = Places::read(home.path());
        assert_eq!(places, Places::default());
        places.remember("a".into(), place(1.0, 2.0, 1000.0, 700.0));
        places.write(home.path()).unwrap();
        assert_eq!(Places::read(home.path()), places);
        fs::write(home.path().join("place.json"), "{").unwrap();
        assert_eq!(Places::read(home.path()), Places::default());
        places.write(&home.path().join("not there")).unwrap();
        assert!(!home.path().join("not there").exists());
    }
}
