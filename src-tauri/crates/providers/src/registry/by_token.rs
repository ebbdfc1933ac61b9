//! Providers that are connected by a token which the person makes there: a row is its words and where the token is. At some of them a
//! person can sign in instead.

use domain::{
    config::Config,
    integration::{AuthKind, ClientSource, Feature, Integration, RedirectKind, Service, SignIn, SignInWay},
    oauth::OAuthError,
};

pub const TODOIST: &str = "todoist";
pub const GITHUB: &str = "github";
pub const LINEAR: &str = "linear";
pub const ASANA: &str = "asana";
pub const TRELLO: &str = "trello";
pub const JIRA: &str = "jira";
pub const NOTION: &str = "notion";

/// They have one address, `api_url`, which means nothing anywhere else; see [`keys`].
pub const BY_TOKEN: &[&str] = &[TODOIST, GITHUB, LINEAR, ASANA, TRELLO, JIRA, NOTION];

/// What a distributor registered (docs/own-client.md): clients without a secret.
const GITHUB_CLIENT: Option<&str> = option_env!("AURELIUS_GITHUB_CLIENT_ID");
const LINEAR_CLIENT: Option<&str> = option_env!("AURELIUS_LINEAR_CLIENT_ID");

mod scope {
    //! OAuth scopes of those where a person can sign in (PROVIDERS 6.2, 6.3).
    /// Private issues too; at GitHub there is no narrower scope for them.
    pub const REPO: &str = "repo";
    /// Not asked for, as `repo` holds it; honoured where it was granted.
    pub const PUBLIC_REPO: &str = "public_repo";
    pub const READ_USER: &str = "read:user";
    /// Linear's.
    pub const READ: &str = "read";
    pub const WRITE: &str = "write";
}

/// What may stand in the table of one of them.
fn keys(id: &str) -> &'static [&'static str] {
    match id {
        GITHUB => &["client_id", "client_secret", "device_url", "token_url", "api_url"],
        LINEAR => &["client_id", "client_secret", "authorize_url", "token_url", "revoke_url", "api_url"],
        _ => &["api_url"],
    }
}

/// Refuses keys that mean nothing where they stand.
pub fn check(config: &Config) -> Result<(), OAuthError> {
    for (id, table) in &config.providers {
        let known = BY_TOKEN.contains(&id.as_str());
        let senseless = |key: &&str| if known { !keys(id).contains(key) } else { ["api_url", "device_url"].contains(key) };
        if let Some(key) = table.keys().find(senseless) {
            let why = if known {
                format!("there are {} for it", keys(id).join(", "))
            } else {
                format!("api_url is for {}, device_url for {GITHUB}", BY_TOKEN.join(", "))
            };
            return Err(OAuthError::Config(format!("[providers.{id}] {key} means nothing there: remove it ({why})")));
        }
    }
    Ok(())
}

const TODOIST_FEATURES: &[Feature] = &[
    Feature { id: "tasks.read", service: Service::Tasks, any_scope: &[], label: "Read your projects and the tasks in them", without: "" },
    Feature { id: "tasks.write", service: Service::Tasks, any_scope: &[], label: "Make, change, tick off and delete tasks", without: "" },
];

const GITHUB_FEATURES: &[Feature] = &[
    Feature {
        id: "identity",
        service: Service::Identity,
        any_scope: &[scope::READ_USER],
        label: "See your name and e-mail address",
        without: "Only what everybody sees of your profile is known here.",
    },
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[scope::REPO, scope::PUBLIC_REPO],
        label: "Read the issues that are assigned to you",
        without: "Only issues of public repositories are shown here.",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[scope::REPO, scope::PUBLIC_REPO],
        label: "Make, change, label, close and reopen issues where you may",
        without: "The issues are read-only.",
    },
];

const LINEAR_FEATURES: &[Feature] = &[
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[scope::READ],
        label: "Read your teams and the issues that are assigned to you",
        without: "No issues of this account are shown here.",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[scope::WRITE],
        label: "Make, change, finish and delete issues",
        without: "The issues are read-only.",
    },
];

const ASANA_FEATURES: &[Feature] = &[
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[],
        label: "Read your projects and the tasks that are assigned to you",
        without: "",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[],
        label: "Make, change, finish, move and delete tasks",
        without: "",
    },
];

const TRELLO_FEATURES: &[Feature] = &[
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[],
        label: "Read your boards and the cards that are yours",
        without: "",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[],
        label: "Make, change, tick off, move and delete cards",
        without: "",
    },
];

const JIRA_FEATURES: &[Feature] = &[
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[],
        label: "Read your projects and the issues that are assigned to you",
        without: "",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[],
        label: "Make, change, move along and delete issues where you may",
        without: "",
    },
];

const NOTION_FEATURES: &[Feature] = &[
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[],
        label: "Read the databases that you share with your integration, where they are tables of tasks",
        without: "",
    },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[],
        label: "Make, change, tick off and trash pages in them",
        without: "",
    },
];

/// `page`: where the token is, and where it is replaced by another.
fn row(id: &str, label: &'static str, description: &'static str, features: &'static [Feature], page: &'static str) -> Integration {
    Integration {
        id: id.into(),
        label,
        description,
        auth: AuthKind::Token,
        sign_in: None,
        redirect: None,
        services: &[Service::Tasks],
        scopes: &[],
        features,
        revocable: false,
        account_page: Some(page),
        builtin_client: None,
        client: ClientSource::Missing,
    }
}

fn github() -> Integration {
    Integration {
        // Ending a grant there needs the client's secret, which a program on a person's computer does not have (PROVIDERS 0.1).
        sign_in: Some(SignIn { way: SignInWay::Device, revocable: false, page: "https://github.com/settings/applications" }),
        scopes: &[scope::REPO, scope::READ_USER],
        builtin_client: GITHUB_CLIENT,
        ..row(
            GITHUB,
            "GitHub",
            "The issues that are assigned to you, by signing in or by a personal access token.",
            GITHUB_FEATURES,
            "https://github.com/settings/personal-access-tokens",
        )
    }
}

fn linear() -> Integration {
    Integration {
        sign_in: Some(SignIn { way: SignInWay::Browser, revocable: true, page: "https://linear.app/settings/account/security" }),
        redirect: Some(RedirectKind::Loopback),
        scopes: &[scope::READ, scope::WRITE],
        builtin_client: LINEAR_CLIENT,
        ..row(
            LINEAR,
            "Linear",
            "The issues that are assigned to you, by signing in or by an API key of your account.",
            LINEAR_FEATURES,
            "https://linear.app/settings/account/security",
        )
    }
}

/// In the order of [`BY_TOKEN`].
pub fn rows() -> Vec<Integration> {
    vec![
        row(
            TODOIST,
            "Todoist",
            "Your Todoist projects and tasks, by the API token of your account.",
            TODOIST_FEATURES,
            "https://app.todoist.com/app/settings/integrations/developer",
        ),
        github(),
        linear(),
        row(
            ASANA,
            "Asana",
            "The tasks that are assigned to you in your workspaces, by a personal access token.",
            ASANA_FEATURES,
            "https://app.asana.com/0/my-apps",
        ),
        row(
            TRELLO,
            "Trello",
            "The cards that you are a member of, by an API key and a token of your account.",
            TRELLO_FEATURES,
            "https://trello.com/power-ups/admin",
        ),
        row(
            JIRA,
            "Jira Cloud",
            "The issues that are assigned to you at one site, by its name, your address and an API token.",
            JIRA_FEATURES,
            "https://id.atlassian.com/manage-profile/security/api-tokens",
        ),
        row(
            NOTION,
            "Notion",
            "Tables of tasks in Notion, by the token of an internal integration that you share them with.",
            NOTION_FEATURES,
            "https://www.notion.so/profile/integrations",
        ),
    ]
}
