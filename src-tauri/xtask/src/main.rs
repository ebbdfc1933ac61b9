//! `cargo xtask`: set-up, run, test, bench, bindings and bundle for a person who has only the clone, Rust and Node.
//!
//! Plain std on purpose: this builds in a second on a fresh machine, before anything else is there.

mod bench;
mod bindings;
mod bundle;
mod deny;
mod fuzz;
mod packages;
mod room;
mod run;
mod setup;
mod shell;
mod tally;
mod test;

use std::process::ExitCode;

const HELP: &str = "cargo xtask COMMAND

  run [--demo] [--home DIR]   set up, build and open Aurelius (--demo: on sample data from the built-in sandbox)
  test [--long]               set up and run every check and test (--long adds what takes minutes)
  bench [sync|search|window|calendar|everything]  measure in release, mail beside the peers; writes docs/benchmarks.md
  screens                     the gallery docs/screens, from the test build in Chromium
  bindings [--check]          write (or check) ui/src/ipc/bindings.ts
  bundle [--debug]            packages for this system (--appimage: that too)
  deny                        licences, sources and bans of every dependency (deny.toml)
  fuzz [TARGET…] [--seconds N] [--jobs N]   fuzz what reads bytes from strangers (libFuzzer; 600 s a target)
  setup                       only the set-up
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let outcome = match args.first().map(String::as_str) {
        Some("run") => run::run(rest),
        Some("test") => test::test(rest),
        Some("bench") => bench::bench(rest),
        Some("screens") => test::screens(),
        Some("bindings") => bindings::bindings(rest.iter().any(|a| a == "--check")),
        Some("bundle") => bundle::bundle(rest),
        Some("deny") => deny::deny(),
        Some("fuzz") => fuzz::fuzz(rest),
        Some("setup") => setup::for_tests(),
        _ => {
            print!("{HELP}");
            return if args.is_empty() || args.iter().any(|a| a == "--help" || a == "help") {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
