// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match aurelius_lib::Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("aurelius: {message}");
            return ExitCode::from(2);
        }
    };
    if options.print_bindings {
        print!("{}", aurelius_lib::bindings::typescript());
        return ExitCode::SUCCESS;
    }
    match aurelius_lib::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("aurelius: the window can't be opened: {e}");
            ExitCode::FAILURE
        }
    }
}
