//! Tasks: which lists there are, what is to be done, what is changed of it, and connecting what is connected by a token.

use domain::{
    SecretString,
    audit::Actor,
    ids::{ConnectionId, IntegrationId, MessageId, TaskId, TaskListId},
    tasks::{Due, Priority, TaskAbilities, TaskStatus},
    time::Timestamp,
};
use engine::{ConnectToken, DueChange, DueView, ParentChange, TaskChange, TaskFilter, TaskListView, TaskView};
use store::PageCursor;

use crate::{
    convert::{self, millis},
    dto::{
        ApiError, AppEvent, ConnectTokenReq, ConnectionDto, Empty, Id, TaskAbilitiesDto, TaskCompleteReq, TaskConflict, TaskCountsDto,
        TaskCreateReq, TaskDone, TaskDto, TaskDue, TaskFieldsDto, TaskFilterDto, TaskFromMessageReq, TaskListChangeReq, TaskListDto,
        TaskPageDto, TaskParent, TaskPriority, TaskReq, TaskResolveReq, TaskRow, TaskState, TaskUpdateReq, TaskWhen, TasksReq,
    },
    state::Shell,
};

const PAGE: u32 = 200;

const fn abilities(can: TaskAbilities) -> TaskAbilitiesDto {
    TaskAbilitiesDto {
        write: can.write,
        notes: can.notes,
        due_day: can.due_day,
        due_time: can.due_time,
        priority: can.priority,
        coarse_priority: can.coarse_priority,
        labels: can.labels,
        subtasks: can.subtasks,
        moves: can.moves,
        deletes: can.deletes,
    }
}

fn list(view: TaskListView) -> TaskListDto {
    TaskListDto {
        id: Id(view.id.0),
        connection: view.connection.to_string(),
        source: view.source,
        name: view.name,
        hue: view.hue,
        shown: view.shown,
        default: view.preferred,
        can: abilities(view.can),
        open: view.open as u32,
        error: view.error,
        last_sync: view.last_sync.map(millis),
    }
}

pub(super) fn due(view: DueView) -> TaskDue {
    let exact = match view.exact {
        Due::Day { day } => TaskWhen::Day { day },
        Due::Floating { at } => TaskWhen::Floating { at },
        Due::At { at, zone } => TaskWhen::At { at: millis(at), zone },
    };
    TaskDue { day: view.day, time: view.time, overdue: view.overdue, exact }
}

pub(super) const fn priority(priority: Priority) -> TaskPriority {
    match priority {
        Priority::None => TaskPriority::None,
        Priority::Low => TaskPriority::Low,
        Priority::Medium => TaskPriority::Medium,
        Priority::High => TaskPriority::High,
        Priority::Urgent => TaskPriority::Urgent,
    }
}

pub(super) const fn priority_in(dto: TaskPriority) -> Priority {
    match dto {
        TaskPriority::None => Priority::None,
        TaskPriority::Low => Priority::Low,
        TaskPriority::Medium => Priority::Medium,
        TaskPriority::High => Priority::High,
        TaskPriority::Urgent => Priority::Urgent,
    }
}

pub(super) const fn state(status: TaskStatus) -> TaskState {
    match status {
        TaskStatus::Open => TaskState::Open,
        TaskStatus::Started => TaskState::Started,
        TaskStatus::Done => TaskState::Done,
        TaskStatus::Cancelled => TaskState::Cancelled,
    }
}

fn row(view: TaskView) -> TaskRow {
    TaskRow {
        id: Id(view.id.0),
        list: Id(view.list.0),
        parent: view.parent.map(|p| Id(p.0)),
        depth: view.depth,
        title: view.title,
        has_notes: view.has_notes,
        due: view.due.map(due),
        priority: priority(view.priority),
        labels: view.labels,
        status: state(view.status),
        repeats: view.repeats,
        completed_at: view.completed_at.map(millis),
        subtasks_open: view.subtasks_open as u32,
        subtasks_done: view.subtasks_done as u32,
        editable: view.editable,
        pending: view.pending,
        linked: view.linked,
    }
}

fn filter(dto: TaskFilterDto) -> TaskFilter {
    match dto {
        TaskFilterDto::Today => TaskFilter::Today,
        TaskFilterDto::Upcoming => TaskFilter::Upcoming,
        TaskFilterDto::Anytime => TaskFilter::Anytime,
        TaskFilterDto::List { list } => TaskFilter::List { id: TaskListId(list.0) },
        TaskFilterDto::Done { list } => TaskFilter::Done { list: list.map(|l| TaskListId(l.0)), since: None },
        TaskFilterDto::Search { text, closed } => TaskFilter::Search { text, closed },
    }
}

fn fields(dto: TaskFieldsDto) -> TaskChange {
    TaskChange {
        title: dto.title,
        notes: dto.notes,
        due: dto.due.map(|d| match d {
            TaskWhen::Never => DueChange::Never,
            TaskWhen::Day { day } => DueChange::On(Due::Day { day }),
            TaskWhen::Floating { at } => DueChange::On(Due::Floating { at }),
            TaskWhen::At { at, zone } => DueChange::On(Due::At { at: Timestamp(at.0), zone }),
        }),
        priority: dto.priority.map(priority_in),
        labels: dto.labels,
        status: dto.status.map(|s| match s {
            TaskState::Open => TaskStatus::Open,
            TaskState::Started => TaskStatus::Started,
            TaskState::Done => TaskStatus::Done,
            TaskState::Cancelled => TaskStatus::Cancelled,
        }),
        parent: dto.parent.map(|p| match p {
            TaskParent::Top => ParentChange::Top,
            TaskParent::Below { task } => ParentChange::Below(TaskId(task.0)),
        }),
        list: dto.list.map(|l| TaskListId(l.0)),
    }
}

fn done(done: engine::TaskDone) -> TaskDone {
    TaskDone {
        task: done.task.map(|t| Id(t.0)),
        undo_until: done.undo.map(|_| millis(done.until)),
        undo: done.undo.map(|id| format!("u:{id}")),
        words: done.words,
        open_subtasks: done.open_subtasks as u32,
    }
}

pub async fn task_lists(shell: &Shell, _: Empty) -> Result<Vec<TaskListDto>, ApiError> {
    Ok(shell.engine().await?.task_lists().await?.into_iter().map(list).collect())
}

pub async fn task_list_change(shell: &Shell, req: TaskListChangeReq) -> Result<Vec<TaskListDto>, ApiError> {
    let engine = shell.engine().await?;
    engine.change_task_list(TaskListId(req.id.0), req.shown, req.hue, req.default == Some(true)).await?;
    task_lists(shell, Empty {}).await
}

pub async fn tasks(shell: &Shell, req: TasksReq) -> Result<TaskPageDto, ApiError> {
    let engine = shell.engine().await?;
    let filter = filter(req.view);
    let after = req.after.map(PageCursor);
    let page = engine.tasks(&filter, after.as_ref(), req.limit.clamp(1, PAGE)).await?;
    let counts = engine.task_counts().await?;
    let total = match &filter {
        TaskFilter::Today => Some(counts.today),
        TaskFilter::Upcoming => Some(counts.upcoming),
        TaskFilter::Anytime => Some(counts.anytime),
        TaskFilter::List { id } => engine.task_lists().await?.into_iter().find(|l| l.id == *id).map(|l| l.open),
        TaskFilter::Done { .. } | TaskFilter::Search { .. } => None,
    };
    Ok(TaskPageDto {
        tasks: page.tasks.into_iter().map(row).collect(),
        next: page.next.map(|c| c.0),
        total: total.map(|n| n as u32),
        counts: TaskCountsDto {
            today: counts.today as u32,
            overdue: counts.overdue as u32,
            upcoming: counts.upcoming as u32,
            anytime: counts.anytime as u32,
        },
    })
}

pub async fn task(shell: &Shell, req: TaskReq) -> Result<TaskDto, ApiError> {
    let view = shell.engine().await?.task(TaskId(req.id.0)).await?;
    Ok(TaskDto {
        row: row(view.row),
        notes: view.notes,
        // Opened in the person's browser: a provider's page and nothing else.
        url: view.url.filter(|url| url.starts_with("https://")),
        can: abilities(view.can),
        locked: view.locked,
        parent_title: view.parent_title,
        subtasks: view.subtasks.into_iter().map(row).collect(),
        message: view.message.map(|(message, _)| Id(message.0)),
        thread: view.message.map(|(_, thread)| Id(thread.0)),
        event: view.event,
        updated_at: view.updated_at.map(millis),
        conflict: view.conflict.into_iter().map(|c| TaskConflict { field: c.field, mine: c.mine, theirs: c.theirs }).collect(),
    })
}

pub async fn task_create(shell: &Shell, req: TaskCreateReq) -> Result<TaskDone, ApiError> {
    let fields = fields(req.fields);
    let list = req.list.map(|l| TaskListId(l.0)).or(fields.list);
    let engine = shell.engine().await?;
    Ok(done(match req.event {
        Some(event) => engine.make_task_from_event(&event, list, fields, Actor::Person).await?,
        None => engine.create_task(&TaskChange { list, ..fields }, Actor::Person).await?,
    }))
}

pub async fn task_update(shell: &Shell, req: TaskUpdateReq) -> Result<TaskDone, ApiError> {
    Ok(done(shell.engine().await?.update_task(TaskId(req.id.0), &fields(req.fields), Actor::Person).await?))
}

pub async fn task_complete(shell: &Shell, req: TaskCompleteReq) -> Result<TaskDone, ApiError> {
    let (engine, id) = (shell.engine().await?, TaskId(req.id.0));
    let made = if req.done { engine.complete_task(id, Actor::Person).await? } else { engine.reopen_task(id, Actor::Person).await? };
    Ok(done(made))
}

pub async fn task_delete(shell: &Shell, req: TaskReq) -> Result<TaskDone, ApiError> {
    Ok(done(shell.engine().await?.delete_task(TaskId(req.id.0), Actor::Person).await?))
}

pub async fn task_resolve(shell: &Shell, req: TaskResolveReq) -> Result<TaskDone, ApiError> {
    Ok(done(shell.engine().await?.resolve_task(TaskId(req.id.0), req.mine, Actor::Person).await?))
}

pub async fn task_from_message(shell: &Shell, req: TaskFromMessageReq) -> Result<TaskDone, ApiError> {
    let list = req.list.map(|l| TaskListId(l.0));
    let engine = shell.engine().await?;
    Ok(done(engine.make_task_from(MessageId(req.message.0), list, fields(req.fields), Actor::Person).await?))
}

pub async fn connect_token(shell: &Shell, req: ConnectTokenReq) -> Result<ConnectionDto, ApiError> {
    let request = ConnectToken {
        integration: IntegrationId::new(req.integration),
        token: SecretString::from(req.token),
        reconnect: req.reconnect.map(ConnectionId::new),
        actor: Actor::Person,
    };
    let view = shell.engine().await?.connect_token(request).await?;
    shell.send(AppEvent::Connections);
    Ok(convert::connection(view))
}
