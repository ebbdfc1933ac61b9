//! The grammar of the command line.

pub mod calendar;
pub mod files;
pub mod tasks;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::connection::Security;
use engine::rpc::FlagWord;

use calendar::Calendar;
use files::Files;
use tasks::Tasks;

/// Aurelius without a window: the same engine, the same encrypted store.
#[derive(Debug, Parser)]
#[command(name = "aurelius-cli", version, arg_required_else_help = true, propagate_version = true)]
pub struct Cli {
    /// Folder of the workspace [default: AURELIUS_HOME, else the system's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Protect or open the home with the passphrase in the first line of this file, instead of the keyring
    #[arg(long, global = true, value_name = "F")]
    pub passphrase_file: Option<PathBuf>,
    /// PEM file with further trusted roots
    #[arg(long, global = true, value_name = "F")]
    pub ca_file: Option<PathBuf>,
    /// Machine-readable output; errors as {code, message, hint} on stderr
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Connect an account
    #[command(subcommand)]
    Connect(Connect),
    /// List connections and how they are
    Connections,
    /// Sync and drain the outbox
    Sync {
        #[arg(long, value_name = "ID")]
        connection: Option<String>,
    },
    /// Read and write mail
    #[command(subcommand)]
    Mail(Mail),
    /// Read and write calendars
    #[command(subcommand)]
    Calendar(Calendar),
    /// Read and write tasks
    #[command(subcommand)]
    Tasks(Tasks),
    /// Save files at a provider, and fetch them
    #[command(subcommand)]
    Files(Files),
    /// Search: from: to: cc: subject: has: filename: in: is: label: before: after: newer_than: older_than: account:, "phrases", -not, OR
    Search {
        #[arg(value_name = "QUERY", allow_hyphen_values = true)]
        query: String,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
        /// Best matches first instead of newest first; one page of at most --limit
        #[arg(long, conflicts_with = "after")]
        best: bool,
    },
    /// What waits to be written to a provider
    #[command(subcommand)]
    Outbox(Outbox),
    /// Revoke a connection's grant and erase everything of it here
    Disconnect {
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Who did what: newest first
    Audit {
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Check this home and its connections
    Doctor,
    /// Put everything under a new key: a fresh one under the same protection, another passphrase, or the keyring
    Rekey(Rekey),
    /// Move a workspace that can't be opened into a folder of its own and begin a new one; deletes nothing
    SetAside {
        /// Do it (without it, this only says what would be moved)
        #[arg(long)]
        yes: bool,
    },
    /// Erase everything of this workspace on this device and withdraw its access at the providers; mail there is not touched
    Wipe {
        /// Do it (without it, this only says what would be erased)
        #[arg(long)]
        yes: bool,
    },
    /// Hand over a link of the form aurelius://… (the answer of a sign-in)
    Open {
        #[arg(value_name = "URL")]
        url: String,
    },
    /// The whole main job against the built-in sandbox, step by step
    Demo,
    /// Serve the sandbox until killed (development)
    #[command(hide = true)]
    Sandbox,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Rekey {
    /// Protect the home with the passphrase in the first line of this file from now on
    #[arg(long, value_name = "F")]
    pub new_passphrase_file: Option<PathBuf>,
    /// Keep the key in the system keyring from now on
    #[arg(long)]
    pub to_keyring: bool,
}

#[derive(Debug, Subcommand)]
pub enum Connect {
    /// Sign in at Google
    Google(Browser),
    /// Sign in at Microsoft: Outlook.com, Microsoft 365
    Microsoft(Browser),
    /// Sign in at the organisation of [providers.oidc]
    Oidc(Browser),
    /// A mail server of any kind
    Imap(Box<ImapArgs>),
    /// Mail by JMAP: Fastmail, Stalwart, Cyrus and others
    Jmap(JmapArgs),
    /// The calendars of a CalDAV server
    Caldav(DavArgs),
    /// A calendar that is published as a file, to read
    Ics(FeedArgs),
    /// The tasks of a Todoist account, by the API token in its settings (Integrations, Developer)
    Todoist(TokenArgs),
    /// The issues at GitHub that are assigned to you: sign in with a code, or give a personal access token
    Github(GithubArgs),
    /// The issues at Linear that are assigned to you: sign in through the browser, or give an API key
    Linear(LinearArgs),
    /// The tasks at Asana that are assigned to you, by a personal access token
    Asana(TokenArgs),
    /// The cards at Trello that you are a member of, by an API key and a token
    Trello(TrelloArgs),
    /// The issues of a site at Jira Cloud that are assigned to you, by an API token
    Jira(JiraArgs),
    /// The tables of tasks at Notion that are shared with an internal integration of yours, by its token
    Notion(TokenArgs),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("jmap_secret").required(true).args(["password_stdin", "token_stdin"])))]
pub struct JmapArgs {
    /// As the provider tells it, or only the host
    #[arg(long, value_name = "U")]
    pub url: String,
    /// With a password; a token needs no name
    #[arg(long, value_name = "N", requires = "password_stdin")]
    pub username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Read a token of your own from standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Give this connection the new address and sign-in of the same account; its mail and outbox stay
    #[arg(long, value_name = "ID")]
    pub reconnect: Option<String>,
}

#[derive(Debug, Args)]
pub struct DavArgs {
    /// As the provider tells it, or only the host
    #[arg(long, value_name = "U")]
    pub url: String,
    #[arg(long, value_name = "N")]
    pub username: String,
    /// Read the password from standard input
    #[arg(long, required = true)]
    pub password_stdin: bool,
    /// Give this connection the new address and sign-in; its calendars and outbox stay
    #[arg(long, value_name = "ID")]
    pub reconnect: Option<String>,
}

#[derive(Debug, Args)]
pub struct FeedArgs {
    /// https: or webcal: address. Whoever knows it can read the calendar, and other programs see this line: prefer --url-stdin
    #[arg(long, value_name = "U", required_unless_present = "url_stdin", conflicts_with = "url_stdin")]
    pub url: Option<String>,
    /// Read the address from standard input
    #[arg(long)]
    pub url_stdin: bool,
    /// [default: what the calendar calls itself]
    #[arg(long, value_name = "N", default_value = "")]
    pub name: String,
    /// Allow an address of this computer or of a private network
    #[arg(long)]
    pub allow_private: bool,
}

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Read the token from standard input
    #[arg(long, required = true)]
    pub token_stdin: bool,
    /// Give this connection the new token; its tasks and outbox stay
    #[arg(long, value_name = "ID")]
    pub reconnect: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("github_way").required(true).args(["device", "token_stdin"])))]
pub struct GithubArgs {
    /// Sign in: prints a code and the address to type it in at, and waits
    #[arg(long)]
    pub device: bool,
    /// Read the token from standard input
    #[arg(long)]
    pub token_stdin: bool,
    /// Give this connection the new token or sign-in; its tasks and outbox stay
    #[arg(long, value_name = "ID")]
    pub reconnect: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("linear_way").required(true).args(["sign_in", "token_stdin"])))]
pub struct LinearArgs {
    /// Sign in through the browser
    #[arg(long)]
    pub sign_in: bool,
    /// Read the API key from standard input
    #[arg(long)]
    pub token_stdin: bool,
    #[command(flatten)]
    pub browser: Browser,
    /// Give this connection the new key or sign-in; its tasks and outbox stay
    #[arg(long, value_name = "ID")]
    pub reconnect: Option<String>,
}

#[derive(Debug, Args)]
pub struct TrelloArgs {
    /// The API key of your Power-Up: it is no secret
    #[arg(long, value_name = "K")]
    pub key: String,
    #[command(flatten)]
    pub token: TokenArgs,
}

#[derive(Debug, Args)]
pub struct JiraArgs {
    /// The site, as in its address: example.atlassian.net
    #[arg(long, value_name = "S")]
    pub site: String,
    /// The address that you sign in with there
    #[arg(long, value_name = "E")]
    pub email: String,
    #[command(flatten)]
    pub token: TokenArgs,
}

#[derive(Debug, Args)]
pub struct Browser {
    /// Only print the address to sign in at
    #[arg(long)]
    pub no_browser: bool,
}

#[derive(Debug, Args)]
pub struct ImapArgs {
    #[arg(long, value_name = "E")]
    pub email: String,
    /// [default: the address]
    #[arg(long, value_name = "U")]
    pub username: Option<String>,
    /// Name shown to recipients
    #[arg(long, default_value = "")]
    pub name: String,
    /// Read the password from standard input
    #[arg(long, required_unless_present = "auth", conflicts_with = "auth")]
    pub password_stdin: bool,
    /// Sign in through the organisation instead
    #[arg(long, value_enum)]
    pub auth: Option<AuthWord>,
    #[arg(long, value_name = "HOST:PORT")]
    pub imap: String,
    #[arg(long, value_enum, default_value_t = SecurityWord::Tls)]
    pub imap_security: SecurityWord,
    /// Without it the account is receive-only
    #[arg(long, value_name = "HOST:PORT")]
    pub smtp: Option<String>,
    #[arg(long, value_enum, default_value_t = SecurityWord::Tls)]
    pub smtp_security: SecurityWord,
    /// Give this connection the new sign-in and servers; its mail and outbox stay
    #[arg(long, value_name = "ID")]
    pub reconnect: Option<String>,
    #[command(flatten)]
    pub browser: Browser,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AuthWord {
    Oidc,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SecurityWord {
    Tls,
    Starttls,
    /// Plain text, to this machine only
    None,
}

impl From<SecurityWord> for Security {
    fn from(word: SecurityWord) -> Self {
        match word {
            SecurityWord::Tls => Self::Tls,
            SecurityWord::Starttls => Self::Starttls,
            SecurityWord::None => Self::None,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Messages, newest first
    List {
        /// inbox, sent, archive, drafts, junk, trash, starred, all, or a mailbox's name or its last part
        #[arg(long, value_name = "ROLE|NAME")]
        mailbox: Option<String>,
        #[arg(long, value_name = "ID")]
        connection: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// One message
    Show {
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        form: Form,
    },
    /// Send, and wait until the provider accepted it
    Send(Box<SendArgs>),
    /// read, unread, starred or unstarred
    Flag {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(value_enum)]
        flag: Flag,
    },
    /// Move to a mailbox by role, name or the last part of a name
    Move {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_name = "NAME")]
        to: String,
    },
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Form {
    /// The bytes as they came
    #[arg(long)]
    pub raw: bool,
    /// The cleaned HTML
    #[arg(long)]
    pub html: bool,
    /// The plain text
    #[arg(long)]
    pub text: bool,
}

#[derive(Debug, Args)]
pub struct SendArgs {
    #[arg(long)]
    pub from: String,
    /// "Name <a@b>", several by comma or by repeating
    #[arg(long, num_args = 1..)]
    pub to: Vec<String>,
    #[arg(long, num_args = 1..)]
    pub cc: Vec<String>,
    #[arg(long, num_args = 1..)]
    pub bcc: Vec<String>,
    #[arg(long, allow_hyphen_values = true)]
    pub subject: String,
    /// Plain text; - reads standard input
    #[arg(long, value_name = "F")]
    pub body_file: PathBuf,
    #[arg(long, value_name = "F")]
    pub html_file: Option<PathBuf>,
    #[arg(long, value_name = "F", num_args = 1..)]
    pub attach: Vec<PathBuf>,
    /// Answer this message
    #[arg(long, value_name = "ID")]
    pub in_reply_to: Option<String>,
    /// 2026-03-09T08:00:00Z, or local time as 2026-03-09T08:00
    #[arg(long, value_name = "T")]
    pub send_at: Option<String>,
    /// Return at once; the next sync or a running window sends it
    #[arg(long)]
    pub queue: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Flag {
    Read,
    Unread,
    Starred,
    Unstarred,
}

impl From<Flag> for FlagWord {
    fn from(flag: Flag) -> Self {
        match flag {
            Flag::Read => Self::Read,
            Flag::Unread => Self::Unread,
            Flag::Starred => Self::Starred,
            Flag::Unstarred => Self::Unstarred,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// Everything that waits or is stuck
    List,
    /// Try again; for a mail that may have been sent: send it again
    Retry {
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Give it up
    Discard {
        #[arg(value_name = "ID")]
        id: String,
    },
}
