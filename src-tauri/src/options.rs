//! What can be said on the command line of the window.

use std::{ffi::OsString, path::PathBuf};

/// Parsed arguments. Anything that begins with `aurelius://` is left to the deep-link plugin, `mailto:` to `desktop::mailto`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where everything lies; the system's data folder by default.
    pub home: Option<PathBuf>,
    /// Overrides the keyring: for machines without one, and for tests.
    pub passphrase_file: Option<PathBuf>,
    /// Open on the sample workspace.
    pub demo: bool,
    /// Draw without the graphics driver's acceleration (Linux; elsewhere it changes nothing).
    pub safe_graphics: bool,
    /// Print the TypeScript bindings and end.
    pub print_bindings: bool,
}

impl Options {
    /// Paths may hold any bytes; what is not text is no argument that is known.
    pub fn parse(args: impl Iterator<Item = impl Into<OsString>>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args.map(Into::<OsString>::into);
        while let Some(arg) = args.next() {
            match arg.to_string_lossy().as_ref() {
                "--home" => options.home = Some(args.next().ok_or("--home needs a folder")?.into()),
                "--passphrase-file" => options.passphrase_file = Some(args.next().ok_or("--passphrase-file needs a file")?.into()),
                "--demo" => options.demo = true,
                "--safe-graphics" => options.safe_graphics = true,
                "--print-bindings" => options.print_bindings = true,
                link if link.starts_with("aurelius:") || link.get(..7).is_some_and(|s| s.eq_ignore_ascii_case("mailto:")) => {}
                other => {
                    return Err(format!("unknown argument {other}. Known: --demo, --home DIR, --passphrase-file FILE, --safe-graphics"));
                }
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, String> {
        Options::parse(args.iter().map(OsString::from))
    }

    #[test]
    fn arguments() {
        assert!(parse(&["--demo"]).unwrap().demo);
        assert!(parse(&["--safe-graphics"]).unwrap().safe_graphics);
        assert_eq!(parse(&["--home", "x"]).unwrap().home, Some("x".into()));
        assert!(parse(&["aurelius://oauth/callback?code=1"]).is_ok());
        assert!(parse(&["mailto:ada@x.example"]).is_ok());
        assert!(parse(&["--home"]).is_err());
        assert!(parse(&["--what"]).unwrap_err().contains("--demo"));
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt as _;
            let odd = || OsString::from_vec(vec![b'/', 0xFF]);
            assert_eq!(Options::parse(["--home".into(), odd()].into_iter()).unwrap().home.unwrap().into_os_string(), odd());
            assert!(Options::parse([odd()].into_iter()).unwrap_err().contains("unknown argument"));
        }
    }
}
