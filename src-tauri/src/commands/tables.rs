//! Which tables of a connection are task lists, and which of their properties mean what.

use domain::{
    audit::Actor,
    ids::ConnectionId,
    tables::{AssignedTo, DoneBy, PriorityBy, PropertyKind, Step, TableChoice, TableMapping, TableOption, TableProperty},
};
use engine::{TablePreview, TableView};

use super::tasks::{due, priority, priority_in, state};
use crate::{
    convert,
    dto::{
        ApiError, AppEvent, ConnectionDto, ConnectionReq, TableDoneDto, TableDto, TableMappingDto, TableOptionDto, TablePersonDto,
        TablePreviewReq, TablePreviewRow, TablePriorityDto, TablePropertyDto, TablePropertyKind, TablesDto, TablesSaveReq,
    },
    state::Shell,
};

fn property(property: TableProperty) -> TablePropertyDto {
    let option = |option: TableOption| TableOptionDto {
        id: option.id,
        name: option.name,
        step: option.step.map(|step| match step {
            Step::Open => "open".to_owned(),
            Step::Started => "started".to_owned(),
            Step::Done => "done".to_owned(),
        }),
    };
    TablePropertyDto {
        id: property.id,
        name: property.name,
        kind: match property.kind {
            PropertyKind::Title => TablePropertyKind::Title,
            PropertyKind::Status => TablePropertyKind::Status,
            PropertyKind::Checkbox => TablePropertyKind::Checkbox,
            PropertyKind::Select => TablePropertyKind::Select,
            PropertyKind::MultiSelect => TablePropertyKind::MultiSelect,
            PropertyKind::Date => TablePropertyKind::Date,
            PropertyKind::People => TablePropertyKind::People,
            PropertyKind::Text => TablePropertyKind::Text,
            PropertyKind::Other => TablePropertyKind::Other,
        },
        options: property.options.into_iter().map(option).collect(),
    }
}

fn mapping(mapping: TableMapping) -> TableMappingDto {
    let (by, priorities) = mapping.priority.map_or((None, Vec::new()), |by| {
        let each = by.options.into_iter().map(|(option, to)| TablePriorityDto { option, priority: priority(to) });
        (Some(by.property), each.collect())
    });
    let (assigned, person) = mapping.assigned.map_or((None, None), |a| (Some(a.property), Some(a.person)));
    TableMappingDto {
        done: match mapping.done {
            DoneBy::Checkbox { property } => TableDoneDto::Checkbox { property },
            DoneBy::Groups { property } => TableDoneDto::Groups { property },
            DoneBy::Options { property, started, done } => TableDoneDto::Options { property, started, done },
        },
        due: mapping.due,
        priority: by,
        priorities,
        labels: mapping.labels,
        notes: mapping.notes,
        assigned,
        person,
    }
}

fn mapping_in(dto: TableMappingDto) -> TableMapping {
    let options = dto.priorities.into_iter().map(|p| (p.option, priority_in(p.priority))).collect();
    TableMapping {
        done: match dto.done {
            TableDoneDto::Checkbox { property } => DoneBy::Checkbox { property },
            TableDoneDto::Groups { property } => DoneBy::Groups { property },
            TableDoneDto::Options { property, started, done } => DoneBy::Options { property, started, done },
        },
        due: dto.due,
        priority: dto.priority.map(|property| PriorityBy { property, options }),
        labels: dto.labels,
        assigned: dto.assigned.zip(dto.person).map(|(property, person)| AssignedTo { property, person }),
        notes: dto.notes,
    }
}

fn table(view: TableView) -> TableDto {
    TableDto {
        id: view.id,
        name: view.name,
        properties: view.properties.into_iter().map(property).collect(),
        used: view.used,
        mapping: view.mapping.map(mapping),
        suggested: view.suggested.map(mapping),
        problem: view.problem,
    }
}

fn row(row: TablePreview) -> TablePreviewRow {
    TablePreviewRow {
        title: row.title,
        status: state(row.status),
        due: row.due.map(due),
        priority: priority(row.priority),
        labels: row.labels,
    }
}

pub async fn task_tables(shell: &Shell, req: ConnectionReq) -> Result<TablesDto, ApiError> {
    let shown = shell.engine().await?.task_tables(&ConnectionId::new(req.id)).await?;
    let people = shown.people.into_iter().map(|p| TablePersonDto { id: p.id, name: p.name }).collect();
    Ok(TablesDto { tables: shown.tables.into_iter().map(table).collect(), people })
}

pub async fn task_table_preview(shell: &Shell, req: TablePreviewReq) -> Result<Vec<TablePreviewRow>, ApiError> {
    let engine = shell.engine().await?;
    let rows = engine.preview_table(&ConnectionId::new(req.connection), &req.table, &mapping_in(req.mapping)).await?;
    Ok(rows.into_iter().map(row).collect())
}

pub async fn task_tables_save(shell: &Shell, req: TablesSaveReq) -> Result<ConnectionDto, ApiError> {
    let engine = shell.engine().await?;
    let id = ConnectionId::new(req.connection);
    let choice = |used, dto: Option<TableMappingDto>| TableChoice { used, mapping: dto.map(mapping_in) };
    let choices = req.choices.into_iter().map(|c| (c.table, choice(c.used, c.mapping))).collect();
    engine.choose_task_tables(&id, choices, Actor::Person).await?;
    shell.send(AppEvent::Connections);
    Ok(convert::connection(engine.connection(&id).await?))
}
