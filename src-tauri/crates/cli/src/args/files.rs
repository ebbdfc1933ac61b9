//! The grammar of `files`.

use std::path::PathBuf;

use clap::Subcommand;

use super::calendar::Later;

#[derive(Debug, Subcommand)]
pub enum Files {
    /// Files whose name holds a word: those that Aurelius saved or was given
    Search {
        /// A part of the name, in any case; empty: all of them
        #[arg(value_name = "WORD", default_value = "", allow_hyphen_values = true)]
        word: String,
        /// Of this connection only: its id, address or label
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Of each connection; what is left out is counted
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Fetch a file into a new file here
    Get {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(short = 'o', long = "to", value_name = "FILE")]
        to: PathBuf,
    },
    /// Save a file at Google Drive or OneDrive, under its own name
    Put {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// To this connection: its id, address or label [default: the only one that has files]
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        #[command(flatten)]
        later: Later,
    },
}
