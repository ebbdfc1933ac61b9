//! Providers that are connected by a token which the person makes there: a row is its words and where the token is.

use domain::integration::{AuthKind, ClientSource, Feature, Integration, Service};

pub const TODOIST: &str = "todoist";
pub const GITHUB: &str = "github";
pub const LINEAR: &str = "linear";
pub const ASANA: &str = "asana";
pub const TRELLO: &str = "trello";
pub const JIRA: &str = "jira";
pub const NOTION: &str = "notion";

/// They have one address, and no client: `api_url` is the one key of their tables, and of no other.
pub const BY_TOKEN: &[&str] = &[TODOIST, GITHUB, LINEAR, ASANA, TRELLO, JIRA, NOTION];

const TODOIST_FEATURES: &[Feature] = &[
    Feature { id: "tasks.read", service: Service::Tasks, any_scope: &[], label: "Read your projects and the tasks in them", without: "" },
    Feature { id: "tasks.write", service: Service::Tasks, any_scope: &[], label: "Make, change, tick off and delete tasks", without: "" },
];

const GITHUB_FEATURES: &[Feature] = &[
    Feature { id: "tasks.read", service: Service::Tasks, any_scope: &[], label: "Read the issues that are assigned to you", without: "" },
    Feature {
        id: "tasks.write",
        service: Service::Tasks,
        any_scope: &[],
        label: "Make, change, label, close and reopen issues where you may",
        without: "",
    },
];

const LINEAR_FEATURES: &[Feature] = &[
    Feature {
        id: "tasks.read",
        service: Service::Tasks,
        any_scope: &[],
        label: "Read your teams and the issues that are assigned to you",
        without: "",
    },
    Feature { id: "tasks.write", service: Service::Tasks, any_scope: &[], label: "Make, change, finish and delete issues", without: "" },
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
        row(
            GITHUB,
            "GitHub",
            "The issues that are assigned to you, by a personal access token.",
            GITHUB_FEATURES,
            "https://github.com/settings/personal-access-tokens",
        ),
        row(
            LINEAR,
            "Linear",
            "The issues that are assigned to you, by an API key of your account.",
            LINEAR_FEATURES,
            "https://linear.app/settings/account/security",
        ),
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
