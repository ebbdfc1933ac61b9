//! `aurelius-cli`: the engine without a window. Everything is in the library, so that tests can run it in process.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(std::env::args_os())
}
