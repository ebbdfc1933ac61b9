//! Packages of the system, by the names that this distribution has for them. A name that it does not have is said by itself, with
//! what to do about it: it must not take the whole line with it, as `apt-get install` does.

use std::{env, path::Path, process::Command};

use crate::shell::{Outcome, capture, has, step};

/// Where the browser tests look for a browser (tests/ui/lib/harness.mjs).
const BROWSERS: &[&str] = &["chromium", "google-chrome", "google-chrome-stable"];
/// Debian's. Ubuntu has nothing by this name; its `chromium-browser` is a stub that asks for a snap.
const BROWSER_PACKAGE: &str = "chromium";

/// Installs what is missing of `wanted`, and a browser where none is there.
pub fn install(wanted: &[&str], with_browser: bool) -> Outcome {
    let mut wanted = wanted.to_vec();
    if with_browser && !browser_is_there() {
        wanted.push(BROWSER_PACKAGE);
    }
    if !has("dpkg-query") {
        println!("This system has no dpkg: make sure that the equivalents of these Debian packages are there: {}", wanted.join(" "));
        return Ok(());
    }
    let missing: Vec<&str> = wanted.into_iter().filter(|p| !installed(p)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let sudo = if is_root() {
        false
    } else if may_install() {
        true
    } else {
        let (known, unknown) = split(&missing);
        let line = format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {}", known.join(" "));
        return Err(format!("system packages are missing. Run this once, then this command again:\n\n  {line}\n\n{}", advice(&unknown)));
    };
    let apt = |args: &[&str]| {
        let mut command = if sudo {
            let mut c = Command::new("sudo");
            c.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            c
        } else {
            Command::new("apt-get")
        };
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        command
    };
    step("system packages: refresh the list", &mut apt(&["update", "-q"]))?;
    let (known, unknown) = split(&missing);
    if !known.is_empty() {
        let mut install = apt(&["install", "-y", "-q", "--no-install-recommends"]);
        step(&format!("system packages: install {}", known.len()), install.args(&known))?;
    }
    if unknown.is_empty() { Ok(()) } else { Err(advice(&unknown)) }
}

/// Whether packages can be installed without asking anybody.
pub fn may_install() -> bool {
    is_root() || has("sudo") && Command::new("sudo").args(["-n", "true"]).status().is_ok_and(|s| s.success())
}

fn browser_is_there() -> bool {
    let named = env::var_os("CHROMIUM").is_some_and(|path| Path::new(&path).is_file());
    named || BROWSERS.iter().any(|b| has(b)) || Path::new("/snap/bin/chromium").exists()
}

fn installed(package: &str) -> bool {
    capture(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package])).is_some_and(|s| s == "installed")
}

fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_some_and(|s| s == "0")
}

/// What this distribution can install, and what it has never heard of. Where it can't be asked, apt-get will say it.
fn split<'a>(names: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    match capture(Command::new("apt-cache").env("LC_ALL", "C").arg("policy").args(names)) {
        Some(policy) => names.iter().partition(|name| has_candidate(&policy, name)),
        None => (names.to_vec(), Vec::new()),
    }
}

/// `apt-cache policy` has a paragraph for each name that it knows; a name without a version to install has the candidate "(none)".
fn has_candidate(policy: &str, name: &str) -> bool {
    policy
        .lines()
        .skip_while(|line| line.strip_suffix(':') != Some(name))
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .find_map(|line| line.trim().strip_prefix("Candidate:"))
        .is_some_and(|version| version.trim() != "(none)")
}

fn advice(unknown: &[&str]) -> String {
    unknown.iter().map(|package| instead_of(package)).collect::<Vec<_>>().join("\n")
}

fn instead_of(package: &str) -> String {
    if package == BROWSER_PACKAGE {
        "the browser tests need Chromium or Chrome, and this distribution has no package `chromium` (Ubuntu has a snap only): install \
         Google Chrome from its .deb, or `sudo snap install chromium`, or name a browser in the variable CHROMIUM"
            .into()
    } else {
        format!(
            "this distribution has no package `{package}`: install what gives the same under its name here, then run this command again"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::has_candidate;

    const POLICY: &str = "chromium-browser:
  Installed: (none)
  Candidate: 2:1snap1-0ubuntu2
  Version table:
     2:1snap1-0ubuntu2 500
chromium:
  Installed: (none)
  Candidate: (none)
  Version table:
xvfb:
  Installed: (none)
  Candidate: 2:21.1.12-1ubuntu1
  Version table:
";

    #[test]
    fn only_a_name_with_a_version_to_install_counts() {
        assert!(has_candidate(POLICY, "xvfb"));
        assert!(has_candidate(POLICY, "chromium-browser"));
        assert!(!has_candidate(POLICY, "chromium"), "known, but not to be had");
        assert!(!has_candidate(POLICY, "no-such-thing"), "never heard of");
        assert!(!has_candidate("", "xvfb"));
    }
}
