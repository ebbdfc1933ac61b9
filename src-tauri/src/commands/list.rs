/// Every command of the window, once: `name(Request) -> Response`. Read by build.rs (which derives the permissions), by the
/// handler and the development bridge, and by the TypeScript export; so a command cannot exist on one side only.
#[macro_export]
macro_rules! with_commands {
    ($cb:ident) => {
        $cb! {
            app_state(Empty) -> AppState,
            vault_create(VaultCreateReq) -> AppState,
            vault_unlock(VaultUnlockReq) -> AppState,
            vault_info(Empty) -> VaultInfo,
            vault_rekey(VaultRekeyReq) -> AppState,
            store_set_aside(Empty) -> AppState,
            sample_start(Empty) -> AppState,
            sample_leave(Empty) -> AppState,
            settings(Empty) -> Settings,
            settings_save(Settings) -> Settings,

            integrations(Empty) -> Vec<IntegrationDto>,
            connections(Empty) -> Vec<ConnectionDto>,
            connect_oauth(ConnectOAuthReq) -> PendingSignIn,
            connect_cancel(AttemptReq) -> Empty,
            connect_reopen(AttemptReq) -> Empty,
            autoconfigure(AutoconfigureReq) -> Vec<ServerGuessDto>,
            connect_mail(ConnectMailReq) -> ConnectionDto,
            connection_update(ConnectionUpdateReq) -> ConnectionDto,
            disconnect(ConnectionReq) -> DisconnectRes,
            client_config(ClientConfigReq) -> ClientConfig,
            client_config_save(ClientConfig) -> ClientConfig,
            sync_now(SyncReq) -> Empty,
            status(Empty) -> Status,

            mailboxes(Empty) -> Vec<AccountMailboxes>,
            threads(ThreadsReq) -> ThreadsPage,
            thread(ThreadReq) -> ThreadDto,
            message_body(BodyReq) -> BodyDto,
            message_source(MessageReq) -> SourceDto,
            attachment_save(AttachmentReq) -> SavedFile,
            attachment_open(AttachmentReq) -> SavedFile,
            act(ActReq) -> ActRes,
            undo(UndoReq) -> ActRes,
            link_check(LinkReq) -> LinkVerdict,
            link_open(LinkReq) -> Empty,
            images_allow(ImagesAllowReq) -> Empty,

            draft_new(DraftNewReq) -> DraftDto,
            draft(DraftReq) -> DraftDto,
            drafts(Empty) -> Vec<DraftRow>,
            draft_save(DraftSaveReq) -> DraftSaved,
            draft_attach(DraftAttachReq) -> DraftDto,
            draft_detach(DraftDetachReq) -> DraftDto,
            draft_discard(DraftReq) -> ActRes,
            draft_send(DraftSendReq) -> ActRes,
            suggest_addresses(SuggestReq) -> Vec<AddressDto>,

            search(SearchReq) -> SearchPage,

            outbox(Empty) -> Vec<OutboxRow>,
            outbox_act(OutboxActReq) -> OutboxActRes,
        }
    };
}
