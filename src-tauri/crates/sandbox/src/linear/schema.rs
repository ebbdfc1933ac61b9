//! What of Linear's schema is known here.

use crate::graphql::Schema;

pub(super) const SCHEMA: Schema = Schema {
    objects: &[
        (
            "Query",
            &[
                ("viewer", "User", &[]),
                ("teams", "TeamConnection", &[("first", "Int"), ("after", "String")]),
                ("issueLabels", "IssueLabelConnection", &[("first", "Int"), ("after", "String")]),
                (
                    "issues",
                    "IssueConnection",
                    &[
                        ("first", "Int"),
                        ("after", "String"),
                        ("includeArchived", "Boolean"),
                        ("orderBy", "PaginationOrderBy"),
                        ("filter", "IssueFilter"),
                    ],
                ),
                ("issue", "Issue", &[("id", "String!")]),
            ],
        ),
        (
            "Mutation",
            &[
                ("issueCreate", "IssuePayload", &[("input", "IssueCreateInput!")]),
                ("issueUpdate", "IssuePayload", &[("id", "String!"), ("input", "IssueUpdateInput!")]),
                ("issueDelete", "IssueArchivePayload", &[("id", "String!")]),
                ("issueLabelCreate", "IssueLabelPayload", &[("input", "IssueLabelCreateInput!")]),
            ],
        ),
        (
            "User",
            &[
                ("id", "", &[]),
                ("name", "", &[]),
                ("displayName", "", &[]),
                ("email", "", &[]),
                ("isMe", "", &[]),
                ("organization", "Organization", &[]),
            ],
        ),
        ("Organization", &[("id", "", &[]), ("name", "", &[]), ("urlKey", "", &[])]),
        ("TeamConnection", &[("nodes", "Team", &[]), ("pageInfo", "PageInfo", &[])]),
        (
            "Team",
            &[
                ("id", "", &[]),
                ("key", "", &[]),
                ("name", "", &[]),
                ("color", "", &[]),
                ("states", "WorkflowStateConnection", &[("first", "Int"), ("after", "String")]),
            ],
        ),
        ("WorkflowStateConnection", &[("nodes", "WorkflowState", &[]), ("pageInfo", "PageInfo", &[])]),
        ("WorkflowState", &[("id", "", &[]), ("name", "", &[]), ("type", "", &[]), ("position", "", &[])]),
        ("IssueLabelConnection", &[("nodes", "IssueLabel", &[]), ("pageInfo", "PageInfo", &[])]),
        ("IssueLabel", &[("id", "", &[]), ("name", "", &[]), ("isGroup", "", &[]), ("team", "Team", &[])]),
        ("IssueConnection", &[("nodes", "Issue", &[]), ("pageInfo", "PageInfo", &[])]),
        ("PageInfo", &[("hasNextPage", "", &[]), ("endCursor", "", &[])]),
        (
            "Issue",
            &[
                ("id", "", &[]),
                ("identifier", "", &[]),
                ("title", "", &[]),
                ("description", "", &[]),
                ("priority", "", &[]),
                ("dueDate", "", &[]),
                ("url", "", &[]),
                ("sortOrder", "", &[]),
                ("createdAt", "", &[]),
                ("updatedAt", "", &[]),
                ("completedAt", "", &[]),
                ("canceledAt", "", &[]),
                ("archivedAt", "", &[]),
                ("trashed", "", &[]),
                ("state", "WorkflowState", &[]),
                ("team", "Team", &[]),
                ("assignee", "User", &[]),
                ("labels", "IssueLabelConnection", &[("first", "Int"), ("after", "String")]),
                ("parent", "Issue", &[]),
            ],
        ),
        ("IssuePayload", &[("success", "", &[]), ("issue", "Issue", &[])]),
        ("IssueArchivePayload", &[("success", "", &[])]),
        ("IssueLabelPayload", &[("success", "", &[]), ("issueLabel", "IssueLabel", &[])]),
    ],
};
