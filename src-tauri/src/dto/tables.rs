//! Tables as task lists: what there is, what was chosen, and how the first pages would look.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{TaskDue, TaskPriority, TaskState};

#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TablePropertyKind {
    Title,
    Status,
    Checkbox,
    Select,
    MultiSelect,
    Date,
    People,
    Text,
    Other,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TableOptionDto {
    pub id: String,
    pub name: String,
    /// Of a status: `open`, `started`, `done`.
    pub step: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TablePropertyDto {
    pub id: String,
    pub name: String,
    pub kind: TablePropertyKind,
    pub options: Vec<TableOptionDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum TableDoneDto {
    Checkbox { property: String },
    Groups { property: String },
    Options { property: String, started: Vec<String>, done: Vec<String> },
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TablePriorityDto {
    pub option: String,
    pub priority: TaskPriority,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TableMappingDto {
    pub done: TableDoneDto,
    pub due: Option<String>,
    pub priority: Option<String>,
    /// What its options mean; what is not named means nothing.
    pub priorities: Vec<TablePriorityDto>,
    pub labels: Option<String>,
    pub notes: Option<String>,
    /// A property of people, and whose pages alone are tasks. Both or neither.
    pub assigned: Option<String>,
    pub person: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TableDto {
    pub id: String,
    pub name: String,
    pub properties: Vec<TablePropertyDto>,
    pub used: bool,
    pub mapping: Option<TableMappingDto>,
    pub suggested: Option<TableMappingDto>,
    /// What of the mapping no longer fits, in words.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TablePersonDto {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TablesDto {
    pub tables: Vec<TableDto>,
    pub people: Vec<TablePersonDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TablePreviewReq {
    pub connection: String,
    pub table: String,
    pub mapping: TableMappingDto,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TablePreviewRow {
    pub title: String,
    pub status: TaskState,
    pub due: Option<TaskDue>,
    pub priority: TaskPriority,
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TableChoiceDto {
    pub table: String,
    pub used: bool,
    pub mapping: Option<TableMappingDto>,
}

/// Tables that are not named stay as they are.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TablesSaveReq {
    pub connection: String,
    pub choices: Vec<TableChoiceDto>,
}
