//! Mara's repositories and issues to start with: her studio's site, a typeface, and a client's kit that she helps with.

use domain::time::Timestamp;

use super::{
    issue::{GithubIssue, GithubRepo, stamp},
    world::{GithubWorld, LOGIN},
};
use crate::{Fill, rng::Rng};

const SITE: &str = "maralind/studio-site";
const KIT: &str = "northgate/brand-kit";
const FONT: &str = "letterforms/nordlys-sans";

pub(crate) fn world(fill: Fill, mut rng: Rng, now: Timestamp) -> GithubWorld {
    let digits = rng.token(32).replace(['-', '_'], "x");
    let mut world = GithubWorld::new(format!("github_pat_sbx{digits}"), rng.fork("sign-in"));
    let repo = |owner: &str, name: &str, affiliation: &str| GithubRepo {
        owner: owner.to_owned(),
        name: name.to_owned(),
        affiliation: affiliation.to_owned(),
        ..GithubRepo::default()
    };
    world.repos = vec![
        repo(LOGIN, "studio-site", "owner"),
        GithubRepo { private: true, ..repo("northgate", "brand-kit", "organization_member") },
        // Open to everybody: she may read it, and no more.
        GithubRepo { push: false, triage: false, ..repo("letterforms", "nordlys-sans", "") },
        GithubRepo { archived: true, ..repo(LOGIN, "old-portfolio", "owner") },
        GithubRepo { has_issues: false, ..repo(LOGIN, "dotfiles", "owner") },
    ];
    for issue in match fill {
        Fill::Empty | Fill::Bulk(_) => Vec::new(),
        Fill::Small => small(),
        Fill::Demo => demo(now),
    } {
        let number = world.next_number(&issue.repo);
        let labels = world.labelled(&issue.repo, &issue.labels).unwrap_or_default();
        // Written a while ago: nothing of it looks like the last minute's.
        let at = now.plus_secs(-8 * 86_400 + i64::try_from(number).unwrap_or_default() * 3600);
        world.keep(GithubIssue { number, labels, ..issue }, at);
    }
    world
}

fn issue(repo: &str, title: &str, body: &str, labels: &[&str]) -> GithubIssue {
    GithubIssue {
        repo: repo.to_owned(),
        title: title.to_owned(),
        body: Some(body.to_owned()).filter(|body| !body.is_empty()),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        assignees: vec![LOGIN.to_owned()],
        author: "priyar".to_owned(),
        ..GithubIssue::default()
    }
}

fn closed(reason: &str, issue: GithubIssue) -> GithubIssue {
    GithubIssue { closed: true, state_reason: Some(reason.to_owned()), ..issue }
}

fn small() -> Vec<GithubIssue> {
    vec![
        issue(SITE, "Contact form drops umlauts", "", &["bug"]),
        GithubIssue { pull_request: true, ..issue(SITE, "Use the new palette", "", &[]) },
        closed("completed", issue(KIT, "Export the logo as SVG", "", &[])),
    ]
}

fn demo(now: Timestamp) -> Vec<GithubIssue> {
    let due = Some(stamp(now.plus_secs(12 * 86_400)));
    vec![
        issue(
            SITE,
            "Contact form drops umlauts",
            "Write *Käthe* into the name: the mail says `K?the`.\n\n- [ ] reproduce\n- [ ] fix",
            &["bug"],
        ),
        issue(SITE, "Images of the work page are too heavy", "Lighthouse says 4.2 MB. Half of it is the Halden poster.", &["performance"]),
        GithubIssue { pull_request: true, ..issue(SITE, "Use the new palette", "Ready for review.", &[]) },
        GithubIssue { milestone_due: due, ..issue(KIT, "Dark variants of all icons", "See the board of Thursday.", &["design", "icons"]) },
        issue(KIT, "Name the greys", "", &["design"]),
        issue(FONT, "Kerning of AV in the bold cut", "Looks too loose at 24 px.", &["kerning"]),
        closed("completed", issue(KIT, "Export the logo as SVG", "", &[])),
        closed("not_planned", issue(SITE, "Move the blog to a subdomain", "Not worth it.", &[])),
        // Somebody else's.
        GithubIssue { assignees: vec!["priyar".to_owned()], ..issue(KIT, "Licence of the photographs", "", &[]) },
    ]
}
