//! Ids of issues: `owner/name#number`, as people write them.
//!
//! Both change where a repository is renamed or an issue is transferred: then it is gone from here and comes anew.

use domain::{error::ProviderError, ids::RemoteId};

/// Where an issue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub owner: &'a str,
    pub repo: &'a str,
    pub number: &'a str,
}

fn unknown() -> ProviderError {
    ProviderError::Refused("This is no issue of GitHub.".to_owned())
}

/// Owner and name of a repository.
pub fn repo(list: &str) -> Result<(&str, &str), ProviderError> {
    list.split_once('/').filter(|(owner, name)| !owner.is_empty() && !name.is_empty() && !name.contains('/')).ok_or_else(unknown)
}

pub fn place(id: &RemoteId) -> Result<Place<'_>, ProviderError> {
    let (list, number) = id.as_str().rsplit_once('#').ok_or_else(unknown)?;
    let (owner, repo) = repo(list)?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(unknown());
    }
    Ok(Place { owner, repo, number })
}

pub fn of(list: &str, number: u64) -> RemoteId {
    RemoteId(format!("{list}#{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_to_issues_and_nowhere_else() {
        let id = of("nordlys/site.web", 12);
        assert_eq!(place(&id).unwrap(), Place { owner: "nordlys", repo: "site.web", number: "12" });
        for bad in ["", "a/b", "a#1", "a/b#", "a/b#x", "a/b/c#1", "/b#1", "a/#1", "a/b#-1"] {
            assert!(place(&bad.into()).is_err(), "{bad}");
        }
    }
}
