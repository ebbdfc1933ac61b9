//! The other side of a bench in a process of its own, so that memory and CPU of the engine's process are the engine's alone.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// What the program is started with when it is to be the other side.
pub const SERVE: &str = "serve";

/// This program again, serving. It ends with its input.
#[derive(Debug)]
pub struct Served {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// What it said first: where it listens, and what it accepts.
    hello: Value,
}

impl Served {
    pub fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program).arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let hello = line(&mut output);
        Self { child, input, output, hello }
    }

    /// One question, a line of words, and its answer.
    pub fn ask(&mut self, question: &str) -> Value {
        writeln!(self.input.as_ref().unwrap(), "{question}").unwrap();
        line(&mut self.output)
    }

    /// A text of what it said first.
    pub fn text(&self, key: &str) -> String {
        self.hello.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("it did not say {key}")).to_owned()
    }

    /// A number of what it said first.
    pub fn number(&self, key: &str) -> f64 {
        self.hello.get(key).and_then(Value::as_f64).unwrap_or_else(|| panic!("it did not say {key}"))
    }

    pub fn port(&self) -> u16 {
        self.number("port") as u16
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.wait();
    }
}

fn line(output: &mut BufReader<ChildStdout>) -> Value {
    let mut text = String::new();
    output.read_line(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The serving side: says hello, then answers each line until there are no more.
pub fn answer(hello: &Value, mut to: impl FnMut(&str) -> Value) {
    println!("{hello}");
    for question in std::io::stdin().lock().lines() {
        println!("{}", to(&question.unwrap()));
    }
}

/// Whether this process is to be the other side.
pub fn is_server() -> bool {
    std::env::args().nth(1).as_deref() == Some(SERVE)
}
