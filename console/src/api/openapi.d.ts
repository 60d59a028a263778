// Made from openapi.json by `npm run gen:api`; a test fails when it is not. Change the program instead.
export interface paths {
    "/api/v1/analysis/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks a question: funnel, retention, attribution, segment, rfm, paths, distribution, interval, trend, activity, cohort_value, touchpoints, lifecycle, assets, stores or guides.
         * @description 分析查询：漏斗、留存、归因、人群、RFM、路径、分布、间隔、趋势、活跃、同期群价值、触点地图、生命周期、用户资产、门店、导购。
         *
         *     The body is the spec; docs/analysis.md has every kind with its result and definitions. Numbers are of the people the reader may see.
         *
         *     Errors: `spec_kind`, and the other `spec_…` and `rule_…` codes, each with its place in `field`.
         */
        post: operations["post_analysis_kind"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/{kind}/audience": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keeps the people behind a number of an analysis as an audience.
         * @description 将分析结果中某个数字背后的客户保存为人群包。
         *
         *     Errors: `spec_cell`, those of the question, and those of making an audience.
         */
        post: operations["post_analysis_kind_audience"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/{kind}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Downloads a result as a workbook: one sheet for each table.
         * @description 将分析结果导出为 Excel，每张表一个工作表。
         *
         *     Amounts are in major units. Who exported what is recorded. Errors: those of the question.
         */
        post: operations["post_analysis_kind_export"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/{kind}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lists the people behind one number of a result.
         * @description 查看结果中某个数字背后的客户。
         *
         *     Errors: `spec_cell`, `page_token`, `limit_invalid`, and those of the question.
         */
        post: operations["post_analysis_kind_people"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/attribution/credits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lists the orders behind a number of an attribution, oldest first, with the touches that share each.
         * @description 查看归因数字背后的订单，以及分摊每笔订单的触点。
         *
         *     Errors: `spec_cell`, `page_token`, `limit_invalid`, and those of the question.
         */
        post: operations["post_analysis_attribution_credits"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/catalogue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells which events there are, with which properties and values.
         * @description 列出已有的事件、属性和常见取值。
         */
        get: operations["get_analysis_catalogue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analysis/defaults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Gives a spec of each kind that says something about this workspace.
         * @description 按当前数据给出每种分析的默认查询；没有相应数据的分析不出现。
         */
        get: operations["get_analysis_defaults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists audiences, newest first.
         * @description 人群包列表，新的在前。
         */
        get: operations["get_audiences"];
        put?: never;
        /**
         * Makes an audience: of whoever fits a rule, kept live, or of people named by identifiers.
         * @description 新建人群包：按规则（实时更新）或按标识名单。
         *
         *     Errors: `audience_meant` unless exactly one of `rule` and `identifiers` is given, `audience_name`, `audience_description`,
         *     `audience_limit`, `audience_identifiers`, `kind_unknown`, `identifier_invalid`, and `rule_…` with the place in the rule.
         */
        post: operations["post_audiences"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows an audience.
         * @description 查看人群包。
         *
         *     Errors: `audience_unknown`.
         */
        get: operations["get_audiences_id"];
        /**
         * Changes an audience. People who come or go by a new rule are counted, but no event tells of them: nobody did anything.
         * @description 修改人群包。规则变更引起的进出会计入人数，但不产生进出事件。
         *
         *     Errors: `audience_unknown`, `audience_fixed`, `audience_changed` when somebody else has changed it since `version`, `rule_cycle` when it
         *     would contain itself, and those of making one.
         */
        put: operations["put_audiences_id"];
        post?: never;
        /**
         * Deletes an audience with its history. Exports that were asked for stay in the list.
         * @description 删除人群包及其历史，已有的导出记录保留。
         *
         *     Errors: `audience_unknown`, `audience_used` naming a board, tag or audience that asks for it.
         */
        delete: operations["delete_audiences_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/{id}/difference": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compares an audience at the ends of two days.
         * @description 比较人群包在两天结束时的差异：进入、离开与留存的客户。
         *
         *     Errors: `audience_unknown`, `audience_day`, `audience_side`, `day_invalid`, `page_token`.
         */
        get: operations["get_audiences_id_difference"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/{id}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks for a file of the people an audience has now.
         * @description 申请导出人群包：现在的客户名单，须由他人审批。
         *
         *     Phone numbers and addresses are hidden unless the role has `people.unmask`. Errors: `audience_unknown`, `reason_needed`,
         *     `export_columns`, `export_too_large` beyond 100,000 people.
         */
        post: operations["post_audiences_id_exports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/{id}/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keeps the people an audience has, or had on a day, as an audience that changes no more.
         * @description 冻结人群包：把现在（或某天）的客户保存为不再变化的人群包。
         *
         *     Errors: `audience_unknown`, `audience_day`, `day_invalid`, and those of making one.
         */
        post: operations["post_audiences_id_freeze"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows how many people an audience had on each day, and how many came and went.
         * @description 人群包每天的人数与进出。
         *
         *     Errors: `audience_unknown`, `audience_span`, `day_invalid`.
         */
        get: operations["get_audiences_id_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/{id}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the people of an audience, now or at the end of a day, newest first.
         * @description 查看人群包中的客户，可指定过去某一天。
         *
         *     People of a past day who were merged since are shown as who they are now; those erased since are left out. Errors: `audience_unknown`,
         *     `audience_day` before it was made, `day_invalid`, `page_token`.
         */
        get: operations["get_audiences_id_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/combine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes an audience of others. It is a rule over them and follows their changes.
         * @description 组合人群包：并集、交集或差集，随原人群包实时更新。
         *
         *     Errors: `audience_combine`, `rule_audience` for one that does not exist, and those of making one.
         */
        post: operations["post_audiences_combine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Counts who fits a rule while it is being written, and how many each of its conditions fits alone.
         * @description 编辑规则时实时预览：总人数、每个条件的人数与示例客户。
         *
         *     Errors: `rule_…` with the place in the rule.
         */
        post: operations["post_audiences_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audiences/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes an audience of the people whom a file names: the body is a CSV file or a workbook with a header.
         * @description 上传名单（CSV 或 Excel，首行为列名）生成人群包。
         *
         *     Columns are known by their names: 手机号, phone, 邮箱, email, 会员号, member_no, openid, 客户 ID … Of each row the first value that leads to
         *     somebody counts. Up to 64 MB and 500,000 rows. Errors: `upload_columns`, `upload_rows`, `file_empty`, `file_too_large`, those of files,
         *     and those of making one.
         */
        post: operations["post_audiences_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists who did what, newest first.
         * @description 操作记录，新的在前。
         */
        get: operations["get_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/boards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists boards by name.
         * @description 看板列表。
         */
        get: operations["get_boards"];
        put?: never;
        /**
         * Makes a board.
         * @description 新建看板。
         *
         *     Errors: `board_name`, `board_items`, `board_too_many`, and those of each item's spec under `items[i].spec`.
         */
        post: operations["post_boards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/boards/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a board.
         * @description 查看看板。
         *
         *     Errors: `board_unknown`.
         */
        get: operations["get_boards_id"];
        /**
         * Changes a board as a whole.
         * @description 修改看板（整体提交）。
         *
         *     Errors: `board_unknown`, `board_changed` when somebody else has changed it since `version`, and those of making one.
         */
        put: operations["put_boards_id"];
        post?: never;
        /**
         * Deletes a board.
         * @description 删除看板。
         *
         *     Errors: `board_unknown`.
         */
        delete: operations["delete_boards_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Checks the installation: storage, key file, clock, log, books, backups.
         * @description 体检：存储、密钥、时钟、日志、账目、备份。
         */
        get: operations["get_doctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the certificates of erasures, newest first.
         * @description 数据删除证明，新的在前。
         */
        get: operations["get_erasures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the newest events of the workspace, in order of arrival, newest first.
         * @description 最新事件，按到达顺序倒序。
         */
        get: operations["get_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams events as they are committed (server-sent events). When more arrive than a page can show, the newest are shown.
         * @description 实时事件流（SSE）。
         */
        get: operations["get_events_stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists exports, newest first: all of them for those who may approve, else one's own.
         * @description 导出申请列表：审批人看到全部，其他人只看到自己的。
         */
        get: operations["get_exports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approves an export that somebody else asked for.
         * @description 批准他人的导出申请。
         *
         *     An owner may approve his own while there is no other active owner or operator. Errors: `export_unknown`, `export_own`, `export_decided`,
         *     `session_only` for programs.
         */
        post: operations["post_exports_id_approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Downloads an approved export, for whoever asked for it, within 7 days.
         * @description 下载已批准的导出文件（仅申请人，审批后 7 天内），带水印。
         *
         *     Who, when and the export's id stand above the table, at the foot of each printed page and among the document's properties. Each download
         *     is recorded. Errors: `export_unknown`, `export_not_yours`, `export_waiting`, `export_rejected`, `export_expired`.
         */
        get: operations["get_exports_id_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rejects an export that somebody else asked for.
         * @description 驳回他人的导出申请。
         *
         *     Errors: as for approving.
         */
        post: operations["post_exports_id_reject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fields": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists profile fields by name.
         * @description 客户字段列表。
         */
        get: operations["get_fields"];
        put?: never;
        /**
         * Adds a field before any value of it came in.
         * @description 新增客户字段。
         *
         *     Errors: `field_name`, `field_exists`, `label_long`.
         */
        post: operations["post_fields"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fields/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Changes a field. Making it sensitive seals the values that are stored.
         * @description 修改客户字段；设为敏感后，已有的值会加密存储。
         *
         *     Errors: `field_unknown`, `field_rename`, `label_long`.
         */
        patch: operations["patch_fields_name"];
        trace?: never;
    };
    "/api/v1/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists imports, newest first.
         * @description 导入任务列表。
         */
        get: operations["get_imports"];
        put?: never;
        /**
         * Uploads a file: the body is its bytes, up to 2 GB. It waits sealed on disk and is deleted once it is in, or with the import.
         * @description 上传文件（请求体为文件内容，最大 2 GB），加密暂存，导入完成后删除。
         */
        post: operations["post_imports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One import, with its progress.
         * @description 导入任务详情与进度。
         */
        get: operations["get_imports_id"];
        put?: never;
        post?: never;
        /**
         * Deletes an import's record and its uploaded file. What it brought stays.
         * @description 删除导入记录与上传文件，已导入的数据保留。
         */
        delete: operations["delete_imports_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stops a running import. What is in stays in.
         * @description 取消导入，已导入的数据保留。
         */
        post: operations["post_imports_id_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/errors.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rows that were not taken, as CSV: line, reason, and the row's own cells.
         * @description 下载未导入的行及原因（CSV）。
         */
        get: operations["get_imports_id_errors_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A look at the file as it would be read: format, encoding, columns with samples, the first rows, and which fields the columns most likely are.
         * @description 预览：格式、编码、列与样例、建议的字段映射。
         */
        get: operations["get_imports_id_preview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Goes on with a cancelled or failed import where it stopped.
         * @description 从中断处继续导入。
         */
        post: operations["post_imports_id_resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/imports/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Starts an import, or rehearses it (`dry_run`). It runs on; follow it with GET.
         * @description 开始导入或试运行。
         *
         *     Errors: `unknown_field`, `unknown_column`, `mapping_incomplete`, `invalid_timezone`, `invalid_currency`, `import_state`.
         */
        post: operations["post_imports_id_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists keys, newest first, revoked ones too.
         * @description 密钥列表，含已吊销的，新的在前。
         */
        get: operations["get_keys"];
        put?: never;
        /**
         * Makes a key and shows its secret once.
         * @description 创建密钥，密钥明文只显示这一次。
         *
         *     Errors: `name_invalid`, `key_role_needed`, `key_role_unexpected`, `limit_reached`.
         */
        post: operations["post_keys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revokes a key: at once here, within three seconds in other processes.
         * @description 吊销密钥，数秒内在所有进程生效。
         */
        delete: operations["delete_keys_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists orders, newest first, without their lines.
         * @description 订单列表，新的在前。
         *
         *     Errors: `status_unknown`, `page_token`.
         */
        get: operations["get_orders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{order_no}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows one order with its lines.
         * @description 订单详情（含明细）。
         *
         *     Errors: `order_unknown`.
         */
        get: operations["get_orders_order_no"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists people.
         * @description 客户列表，可按标识、姓名、标签、门店、订单数、消费额、时间筛选。
         *
         *     Errors: `identifier_invalid`, `kind_unknown`, `sort_unknown`, `filter_range`, `page_token`.
         */
        get: operations["get_people"];
        put?: never;
        /**
         * Adds a person, or finds who has one of the identifiers.
         * @description 新增客户；若标识已存在，则返回已有客户。
         *
         *     201 for a new person, 200 for one that was known. Identifiers of several people merge them by the rules of the workspace.
         *
         *     Errors: `identifiers_needed`, `identifier_invalid`, `kind_unknown`, `identity_blocked`, `field_name`, `trait_type`, `outside_scope`.
         */
        post: operations["post_people"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows one person.
         * @description 客户详情。
         *
         *     An id that was merged away answers with the survivor. Errors: `person_unknown`, `person_erased`.
         */
        get: operations["get_people_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Changes fields of a person.
         * @description 修改客户字段，值为 null 表示清除。
         *
         *     Errors: `person_unknown`, `field_name`, `trait_type`, `trait_too_long`, `value_masked`.
         */
        patch: operations["patch_people_id"];
        trace?: never;
    };
    "/api/v1/people/{id}/consents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what a person agreed to and withdrew, newest first.
         * @description 客户的授权记录，新的在前。
         */
        get: operations["get_people_id_consents"];
        put?: never;
        /**
         * Records that a person agreed to something, or withdrew it.
         * @description 登记客户的授权或撤回。
         *
         *     Errors: `invalid_consent` with its field.
         */
        post: operations["post_people_id_consents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forgets a person for good: identifiers, fields, tags, consents, the content of events, and what quarantine, rejected rows, samples,
         *     ended uploads and the audit's reasons hold of them.
         * @description 彻底删除客户的个人数据，不可恢复。
         *
         *     Orders stay in the books without a person. Errors: `confirm_mismatch`, `reason_needed`, `person_unknown`, `person_erased`.
         */
        post: operations["post_people_id_erase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists a person's events, newest first.
         * @description 客户的行为记录，新的在前。
         *
         *     A page of a rare name may be short or empty and still have a next one. Phone numbers, addresses and sensitive fields are hidden from
         *     roles without `people.unmask`.
         */
        get: operations["get_people_id_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Downloads everything known about one person as JSON.
         * @description 导出某位客户的全部数据（JSON）。
         *
         *     Identifiers, fields, tags with history, consents, orders with lines, merges and all events. Recorded.
         */
        get: operations["get_people_id_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows which identities are this person, and why.
         * @description 客户的身份构成：合并记录、冲突与拆分声明。
         */
        get: operations["get_people_id_identity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Merges two people by hand.
         * @description 手动合并两位客户。
         *
         *     Errors: `person_unknown` (field `other_id` when it is the other one), `already_one`, `reason_needed`.
         */
        post: operations["post_people_id_merge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/merges/{merge}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the two people that undoing a merge would leave. Nothing is changed.
         * @description 预览撤销合并后的两位客户，不做任何修改。
         *
         *     Errors: `merge_unknown`, `already_undone`.
         */
        get: operations["get_people_id_merges_merge_preview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/merges/{merge}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undoes a merge: what each side brought returns to it, and no rule merges the two again.
         * @description 撤销合并：双方各自的数据还原，且不会再被规则自动合并。
         *
         *     Errors: `merge_unknown`, `already_undone`, `reason_needed`.
         */
        post: operations["post_people_id_merges_merge_undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists a person's orders with their lines, newest first.
         * @description 客户的订单（含明细），新的在前。
         *
         *     Readers of some stores see the orders of these stores only.
         */
        get: operations["get_people_id_orders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/tag-history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists which tags a person got and lost, newest first.
         * @description 客户的标签变更记录，新的在前。
         */
        get: operations["get_people_id_tag_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives a person a tag.
         * @description 给客户打标签。
         *
         *     Errors: `tag_unknown`, `tag_needed`, `tag_by_rule`, `expiry_past`, `why_long`, `permission_needed`.
         */
        post: operations["post_people_id_tags"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/tags/{tag}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Takes a tag from a person.
         * @description 移除客户的标签。
         *
         *     Errors: `tag_unknown`, `tag_by_rule`.
         */
        delete: operations["delete_people_id_tags_tag"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/unmask": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Shows the hidden values of a person; who looked and why is recorded.
         * @description 查看客户被隐藏的信息，查看人与原因会被记录。
         *
         *     Errors: `reason_needed`, `person_unknown`.
         */
        post: operations["post_people_id_unmask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/export.xlsx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Downloads the people of a list as a workbook of up to 100,000 rows.
         * @description 导出客户列表为 Excel，最多十万行。
         *
         *     Phone numbers and addresses are hidden for roles without `people.unmask`. Who exported how many is recorded. Errors:
         *     `export_too_large`, and those of the list.
         */
        get: operations["get_people_export_xlsx"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists products by sku with what was sold.
         * @description 商品列表及销量。
         */
        get: operations["get_products"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists messages kept aside, newest first, with the reason.
         * @description 隔离区：未通过规范的消息及原因。
         */
        get: operations["get_quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Discards a kept message for good.
         * @description 丢弃一条隔离消息。
         */
        delete: operations["delete_quarantine_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries a kept message again, now that the schema or the rules have changed.
         * @description 重试一条隔离消息。
         */
        post: operations["post_quarantine_id_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/quarantine/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tries kept messages again, all or those of one event, at most 5,000 a call.
         * @description 批量重试隔离消息。
         */
        post: operations["post_quarantine_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the roles and what each may do.
         * @description 角色及其权限。
         */
        get: operations["get_roles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the events seen so far with their properties and types, the most frequent first.
         * @description 事件规范：已见到的事件、属性与类型。
         */
        get: operations["get_schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schema/{type}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Locks an event's schema, or changes what is locked.
         * @description 锁定或修改事件规范，违规消息会进入隔离区。
         *
         *     Errors: `event_unknown`, `invalid_policy`, `invalid_type`.
         */
        patch: operations["patch_schema_type_name"];
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finds people, orders, products, stores and tags.
         * @description 全局搜索：客户、订单、商品、门店、标签。
         *
         *     Up to five of each; people are shown with hidden values hidden. Errors: `query_long`.
         */
        get: operations["get_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The signed-in user, the CSRF token and the workspace.
         * @description 当前登录用户、CSRF 令牌与工作空间信息。
         */
        get: operations["get_session"];
        put?: never;
        /**
         * Signs in. Sets the cookie `siyu_session`.
         * @description 登录，成功后写入 siyu_session Cookie。
         *
         *     Five wrong passwords within 15 minutes close the account's door for the rest of them: 429 `too_many_attempts` with Retry-After.
         *     Errors: `wrong_login` (also for accounts that do not exist or are disabled).
         */
        post: operations["post_session"];
        /**
         * Signs out.
         * @description 退出登录。
         */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        /**
         * Changes one's own language or name.
         * @description 修改自己的语言或姓名。
         */
        patch: operations["patch_session"];
        trace?: never;
    };
    "/api/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Changes one's own password and ends one's other sessions.
         * @description 修改自己的密码，其他设备上的登录随即失效。
         *
         *     Errors: `wrong_password`, `too_many_attempts`, `password_…`.
         */
        post: operations["post_session_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the settings of the workspace.
         * @description 工作空间设置。
         */
        get: operations["get_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Changes settings. Identity rules hold for what arrives from now on; nobody is merged or parted by them.
         * @description 修改设置。身份规则只对之后的数据生效，不会重新合并或拆分已有客户。
         *
         *     Errors: `workspace_name_invalid`, `timezone_unknown`, `currency_invalid`, `unknown_kind`, `invalid_limit`, `duplicate_rule`,
         *     `too_many_blocked`, each with its field.
         */
        patch: operations["patch_settings"];
        trace?: never;
    };
    "/api/v1/settings/lifecycle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows what lifecycle, loyalty and tiers of value mean here.
         * @description 生命周期、忠诚与价值层级的定义。
         */
        get: operations["get_settings_lifecycle"];
        /**
         * Sets what lifecycle, loyalty and tiers of value mean here. Rules and analyses ask by it at once.
         * @description 设置生命周期、忠诚与价值层级的定义，规则与分析立即生效。
         *
         *     Errors: `lifecycle_invalid` with the field.
         */
        put: operations["put_settings_lifecycle"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells whether the workspace still has to be set up.
         * @description 查询是否需要初始化。
         */
        get: operations["get_setup"];
        put?: never;
        /**
         * Names the workspace and makes its first owner, once.
         * @description 初始化工作空间并创建首位所有者，只能执行一次。
         *
         *     Errors: `already_set_up`, `workspace_name_invalid`, `timezone_unknown`, `currency_invalid`, `email_invalid`, `name_invalid`, `password_…`.
         */
        post: operations["post_setup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The workspace in six numbers.
         * @description 工作区总览数字。
         */
        get: operations["get_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the home page shows: numbers, thirty days, what to do next and what needs a decision.
         * @description 首页：数字、近 30 天走势、下一步与待处理事项。
         */
        get: operations["get_stats_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists stores by code with what they sold.
         * @description 门店列表及业绩。
         */
        get: operations["get_stores"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stores/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Names a store and its region; makes it when it is new.
         * @description 设置门店名称与区域，不存在则新建。
         *
         *     Errors: `store_name`, `store_code`, `store_unknown` for readers of some stores when it is not one of theirs.
         */
        put: operations["put_stores_code"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tag-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Adds a tag group.
         * @description 新建标签组。
         *
         *     Errors: `group_exists`, `invalid_name`.
         */
        post: operations["post_tag_groups"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tag-groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes an empty tag group.
         * @description 删除空标签组。
         *
         *     Errors: `group_unknown`, `group_not_empty`.
         */
        delete: operations["delete_tag_groups_id"];
        options?: never;
        head?: never;
        /**
         * Renames a tag group.
         * @description 重命名标签组。
         *
         *     Errors: `group_unknown`, `group_exists`, `invalid_name`.
         */
        patch: operations["patch_tag_groups_id"];
        trace?: never;
    };
    "/api/v1/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists tag groups with their tags.
         * @description 标签组与标签。
         */
        get: operations["get_tags"];
        put?: never;
        /**
         * Adds a tag.
         * @description 新建标签。
         *
         *     Errors: `group_needed`, `tag_exists`, `invalid_name`, `invalid_color`, `invalid_ttl`, `tag_kind`, `tag_rule`, and `rule_…` with the
         *     place in the rule.
         */
        post: operations["post_tags"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tags/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Deletes a tag and takes it from everybody; the history stays.
         * @description 删除标签并从所有客户移除，变更记录保留。
         */
        delete: operations["delete_tags_id"];
        options?: never;
        head?: never;
        /**
         * Changes a tag. A new rule is evaluated by the next run.
         * @description 修改标签，规则变更后将在下次运行时生效。
         *
         *     Errors: as for adding, and `tag_unknown`.
         */
        patch: operations["patch_tags_id"];
        trace?: never;
    };
    "/api/v1/tags/{id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Evaluates a rule tag now.
         * @description 立即运行规则标签。
         *
         *     Errors: `tag_unknown`, `tag_not_rule`, and `rule_…` when the rule names what is gone.
         */
        post: operations["post_tags_id_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tags/fields": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what a rule can ask.
         * @description 规则可用的条件字段。
         */
        get: operations["get_tags_fields"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tags/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Counts who fits a rule and shows some of them; readers of some stores count their own people.
         * @description 预览规则命中的人数与示例客户。
         *
         *     Errors: `rule_…` with the place in the rule.
         */
        post: operations["post_tags_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists who may sign in, oldest first.
         * @description 用户列表，按创建先后排列。
         */
        get: operations["get_users"];
        put?: never;
        /**
         * Adds a user.
         * @description 新增用户。
         *
         *     Errors: `email_invalid`, `email_taken`, `name_invalid`, `scope_invalid`, `password_…`, `limit_reached`.
         */
        post: operations["post_users"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Changes a user. A new role, state or password ends the user's sessions.
         * @description 修改用户。更改角色、状态或密码后，该用户的登录立即失效。
         *
         *     Errors: `user_not_found`, `last_owner`, `name_invalid`, `scope_invalid`, `password_…`.
         */
        patch: operations["patch_users_id"];
        trace?: never;
    };
    "/v1/{call}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes one message (`identify`, `track`, `page`, `screen`, `group`, `alias`) or many (`batch`, `import`). The answer comes after the
         *     commit is on disk.
         * @description 接收一条或一批行为消息，兼容 Segment HTTP Tracking API；写入磁盘后才返回。
         *
         *     The write key goes in as the user name of Basic authentication, as Bearer, or as `writeKey` in the body. Bodies may be gzip.
         *     Limits: 32 KB a message, 500 KB and 2,500 messages a batch. A message that cannot be let in is quarantined, not refused.
         *     Errors: `write_key_invalid`, `invalid_json`, `batch_missing`, `batch_too_large`, `event_too_large`, `too_many_events`; `busy` (429) when
         *     the server is at its limit: nothing was taken, come again after `Retry-After`.
         */
        post: operations["post_v1_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AnalysisCatalogue: {
            /** Format: date-time */
            as_of: string;
            /** @description By falling count. */
            events: components["schemas"]["AnalysisEvent"][];
        };
        /** @description The people of a cell, one page of them. */
        AnalysisCell: {
            /** @description The `next` of the page before. */
            after?: string | null;
            /** @description Names one number of the result. */
            cell: Record<string, unknown>;
            /**
             * Format: int32
             * @description Rows of a page, 1 to 200; 50 when absent.
             */
            limit?: number | null;
            /** @description As for the question itself. */
            spec: Record<string, unknown>;
        };
        AnalysisCredit: {
            /** Format: date-time */
            at: string;
            /**
             * Format: int64
             * @description What the touch got of it, or all of it where the cell names no touch.
             */
            credit: number;
            order_no?: string | null;
            /** @description `psn_…` */
            person: string;
            /** Format: int64 */
            refunded: number;
            touches: components["schemas"]["AnalysisTouch"][];
            /**
             * Format: int64
             * @description Minor units, refunds taken off.
             */
            value: number;
        };
        /** @description Counts are null for readers limited to some stores. */
        AnalysisEvent: {
            /** Format: int64 */
            count?: number | null;
            name: string;
            /** Format: int64 */
            people?: number | null;
            properties: components["schemas"]["AnalysisProperty"][];
        };
        AnalysisExport: {
            spec: Record<string, unknown>;
        };
        AnalysisPeople: {
            items: components["schemas"]["PersonRow"][];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
            /** Format: int64 */
            total: number;
        };
        AnalysisProperty: {
            /** @description int, float, bool, text, list. */
            kinds: string[];
            name: string;
            /** @description The most frequent texts, at most 50. */
            values: string[];
        };
        AnalysisTouch: {
            /** Format: date-time */
            at: string;
            /** Format: int64 */
            credit: number;
            /**
             * Format: double
             * @description 0 to 1; shares of one order add up to 1.
             */
            share: number;
            touch?: string | null;
        };
        /** @enum {string} */
        AttentionName: "quarantine" | "identity_conflict" | "import_failed" | "expiring_tags";
        /** @description What is absent stays as it is. */
        AudienceChange: {
            description?: string | null;
            name?: string | null;
            rule?: Record<string, unknown> | null;
            /**
             * Format: int64
             * @description Of the audience that was changed; without it the last one to write wins.
             */
            version?: number | null;
        };
        AudienceCombine: {
            description?: string;
            /** @description 2 to 20 audiences. */
            ids: string[];
            name: string;
            /** @description union, intersect, or minus: the first without all others. */
            op: components["schemas"]["AudienceOpName"];
        };
        AudienceDifference: {
            /** Format: int64 */
            entered: number;
            /** @description With `side`: the people of that side, newest first. */
            items?: components["schemas"]["PersonRow"][] | null;
            /** Format: int64 */
            left: number;
            next?: string | null;
            /** Format: int64 */
            stayed: number;
            /**
             * Format: int64
             * @description How many people the side has.
             */
            total?: number | null;
        };
        AudienceError: {
            code: string;
            /** @description The place in the rule. */
            field?: string | null;
            message: string;
        };
        AudienceFreeze: {
            /**
             * Format: date
             * @description As it was at the end of this day; now when absent.
             */
            day?: string | null;
            description?: string;
            name: string;
        };
        AudienceHistory: {
            /** @description Each day since the audience was made, oldest first. */
            items: components["schemas"]["AudienceOnDay"][];
        };
        AudienceIdentifier: {
            /** @example phone */
            kind: string;
            /** @example 13912345678 */
            value: string;
        };
        /** @enum {string} */
        AudienceKindName: "rule" | "frozen" | "list";
        AudienceNew: {
            description?: string;
            /** @description … or these: up to 20,000. Those that lead to nobody are passed over. */
            identifiers?: components["schemas"]["AudienceIdentifier"][] | null;
            name: string;
            /** @description Either this … */
            rule?: Record<string, unknown> | null;
        };
        AudienceOfCell: {
            /** @description Names one number of the result. */
            cell: Record<string, unknown>;
            description?: string;
            name: string;
            /** @description As for the question itself. */
            spec: Record<string, unknown>;
        };
        AudienceOnDay: {
            /** Format: date */
            day: string;
            /**
             * Format: int64
             * @description How often somebody came. Readers limited to stores count who was not there the day before.
             */
            entered: number;
            /** Format: int64 */
            left: number;
            /**
             * Format: int64
             * @description At its end.
             */
            people: number;
        };
        /** @enum {string} */
        AudienceOpName: "union" | "intersect" | "minus";
        /** @description Numbers are of the people the reader may see. */
        AudienceOut: {
            /**
             * Format: date-time
             * @description Everything that was saved before this instant is in it.
             */
            as_of: string;
            /** Format: date-time */
            created_at: string;
            created_by: string;
            description: string;
            /** Format: int64 */
            entered_today: number;
            error?: components["schemas"]["AudienceError"] | null;
            /** Format: double */
            fresh_seconds: number;
            /** @example aud_… */
            id: string;
            /** @description rule, frozen or list. */
            kind: components["schemas"]["AudienceKindName"];
            /** Format: int64 */
            left_today: number;
            name: string;
            /** Format: int64 */
            people: number;
            /** @description Of kind rule. */
            rule?: Record<string, unknown> | null;
            /** @description The rule as a sentence. */
            summary: string;
            /**
             * Format: int64
             * @description Give it back with a change.
             */
            version: number;
        };
        AudiencePart: {
            /** Format: int64 */
            people: number;
            /** @example rule.all[0] */
            place: string;
        };
        AudiencePeople: {
            items: components["schemas"]["PersonRow"][];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
            /** Format: int64 */
            total: number;
        };
        AudiencePreview: {
            /** Format: date-time */
            as_of: string;
            /** @description How many people each group and condition fits alone. */
            parts: components["schemas"]["AudiencePart"][];
            /** Format: int64 */
            people: number;
            /** @description The five who came last. */
            sample: components["schemas"]["AudienceSample"][];
            /** Format: int64 */
            took_ms: number;
        };
        AudiencePreviewIn: {
            rule: Record<string, unknown>;
        };
        AudienceSample: {
            id: string;
            name?: string | null;
        };
        AudienceUpload: {
            audience: components["schemas"]["AudienceOut"];
            /**
             * Format: int64
             * @description Rows that lead to somebody.
             */
            matched: number;
            /**
             * Format: int64
             * @description Rows that lead to nobody the reader may see.
             */
            unknown: number;
        };
        AuditActor: {
            id?: string | null;
            /** @description user, key or system. */
            kind: string;
            name?: string | null;
        };
        AuditOut: {
            /** @example key.add */
            action: string;
            actor: components["schemas"]["AuditActor"];
            /** Format: date-time */
            at: string;
            /** @description What changed, without personal data. */
            detail: unknown;
            id: string;
            ip?: string | null;
            object?: string | null;
            request_id?: string | null;
        };
        /** @description What was found beside the person's own records. */
        Beside: {
            /** @description Reasons in the audit about this person; emptied. */
            audit_reasons_removed: number;
            /** @description Uploaded files of imports that had ended; they are deleted whole. */
            files_deleted: number;
            /** @description Uploaded files that wait for their import: delete them if they may name the person. */
            files_waiting: number;
            /** @description Messages in quarantine that named the person; they are gone. */
            quarantined_removed: number;
            /** @description Rejected rows of imports that named the person; their cells are emptied. */
            rejected_rows_emptied: number;
            /** @description Samples in the schema registry that were this person's values. */
            samples_removed: number;
        };
        BoardChange: {
            /** @description `[{id?, title, kind, spec, width?}]`, at most 50. */
            items: Record<string, unknown>[];
            name: string;
            /**
             * Format: int64
             * @description Of the board that was changed.
             */
            version: number;
        };
        BoardItemOut: {
            id: string;
            /** @description An analysis: funnel, retention … */
            kind: string;
            spec: Record<string, unknown>;
            title: string;
            /**
             * Format: int32
             * @description 1 or 2.
             */
            width: number;
        };
        BoardNew: {
            /** @description `[{id?, title, kind, spec, width?}]`, at most 50. */
            items?: Record<string, unknown>[];
            name: string;
        };
        BoardOut: {
            id: string;
            items: components["schemas"]["BoardItemOut"][];
            name: string;
            /** Format: date-time */
            updated_at: string;
            /**
             * Format: int64
             * @description Give it back with a change.
             */
            version: number;
        };
        /** @enum {string} */
        CertaintyName: "exact" | "about" | "unknown";
        /** @description Proof of an erasure; it names nobody. */
        CertificateOut: {
            /** Format: date-time */
            at: string;
            by: string;
            /** @description Binds these values to the key of the workspace. */
            digest: string;
            /** Format: int64 */
            events_removed: number;
            id: string;
            /** Format: int64 */
            identifiers_removed: number;
            /**
             * Format: int64
             * @description Orders keep money and goods and belong to nobody.
             */
            orders_detached: number;
            person_id: string;
            reason: string;
        };
        /** @enum {string} */
        CheckStateName: "ok" | "warn" | "fail";
        ConflictOut: {
            /** Format: date-time */
            at: string;
            code: string;
            kinds: string[];
            message: string;
        };
        ConsentNew: {
            /**
             * @description sms, email, wecom, wechat, phone or any.
             * @example sms
             */
            channel: string;
            evidence?: string | null;
            granted: boolean;
            /** @example marketing */
            purpose: string;
            /** @description The version of the text that was shown. */
            text_version: string;
        };
        ConsentOut: {
            /** Format: date-time */
            at: string;
            by: string;
            channel: string;
            evidence: string;
            granted: boolean;
            purpose: string;
            source: string;
            text_version: string;
        };
        DoctorCheck: {
            detail: string;
            key: string;
            /** @description What to do; empty when nothing is wrong. */
            remedy: string;
            state: components["schemas"]["CheckStateName"];
            title: string;
        };
        EraseIn: {
            /** @description The id of the person once more. */
            confirm: string;
            /** @description Kept with the certificate: write nothing personal in it. */
            reason: string;
        };
        EraseOut: components["schemas"]["Beside"] & {
            certificate: components["schemas"]["CertificateOut"];
        };
        /** @description The body of every answer of status 400 and above. */
        Error: {
            /**
             * @description Stable, for programs.
             * @example people_read_needed
             */
            code: string;
            /**
             * @description The input the message is about.
             * @example items[3].price
             */
            field?: string | null;
            /** @description For people, in the language of the user or of `Accept-Language` (zh or en). */
            message: string;
            /** @description Finds the request in the server's log. */
            request_id: string;
        };
        EventOut: {
            /** Format: date-time */
            at: string;
            context: Record<string, unknown>;
            message_id: string;
            name: string;
            person_id: string;
            person_name?: string | null;
            properties: Record<string, unknown>;
            /** Format: date-time */
            received_at: string;
            /** @description The write key or import it came with. */
            source: string;
            /** @description track, identify, page, screen, group, alias, or system for what the platform wrote itself. */
            type: string;
        };
        ExportActor: {
            id: string;
            name: string;
        };
        ExportDecision: {
            reason?: string | null;
        };
        ExportNew: {
            /**
             * @description id, name, phone, email, identifiers, tags, orders, amount, refunded, last_order_at, created_at, `trait.NAME`; all but the fields
             *     when absent.
             */
            columns?: string[] | null;
            /** @description 1 to 500 characters, for whoever decides. */
            reason: string;
        };
        ExportOut: {
            /** Format: date-time */
            asked_at: string;
            asked_by: components["schemas"]["ExportActor"];
            audience_id: string;
            audience_name: string;
            columns: string[];
            /** Format: date-time */
            decided_at?: string | null;
            decided_by?: components["schemas"]["ExportActor"] | null;
            decision?: string | null;
            /** Format: date-time */
            done_at?: string | null;
            /** Format: int64 */
            downloads: number;
            /** @example exp_… */
            id: string;
            /** @description The caller may approve or reject it. */
            may_decide: boolean;
            /** @description The caller may fetch the file now. */
            may_fetch: boolean;
            /**
             * Format: int64
             * @description As many as were asked for; those erased meanwhile are not in the file.
             */
            people: number;
            reason: string;
            /** @description waiting, approved, rejected, or done: fetched at least once. */
            state: components["schemas"]["ExportStateName"];
            /** @description Phone numbers and addresses are in the file as they are. */
            unmasked: boolean;
        };
        /** @enum {string} */
        ExportStateName: "waiting" | "approved" | "rejected" | "done";
        FieldChange: {
            label_en?: string | null;
            label_zh?: string | null;
            locked?: boolean | null;
            /** @description The name cannot be changed; giving the present one is no error. */
            name?: string | null;
            sensitive?: boolean | null;
            type?: components["schemas"]["FieldTypeName"] | null;
        };
        FieldNew: {
            label_en?: string | null;
            /** @description The name when absent. */
            label_zh?: string | null;
            locked?: boolean;
            /** @example birthday */
            name: string;
            /** @description Guessed by the name when absent. */
            sensitive?: boolean | null;
            type: components["schemas"]["FieldTypeName"];
        };
        FieldOut: {
            label_en: string;
            label_zh: string;
            /** @description Values of another type are refused. */
            locked: boolean;
            name: string;
            /**
             * Format: int64
             * @description Who has a value.
             */
            people: number;
            /** @description Sealed on disk, hidden from readers without `people.unmask`. */
            sensitive: boolean;
            type: components["schemas"]["FieldTypeName"];
        };
        /** @enum {string} */
        FieldTypeName: "text" | "number" | "boolean" | "date" | "datetime" | "list";
        /** @enum {string} */
        HitTypeName: "person" | "order" | "product" | "store" | "tag";
        IdentityChange: {
            /** @description Kinds that are not named stay as they are. */
            kinds: components["schemas"]["IdentityKindChange"][];
        };
        IdentityKind: {
            /** @description Values that identify nobody. */
            blocked: string[];
            /** @example phone */
            kind: string;
            /**
             * Format: int64
             * @description How many values of this kind one person may have.
             */
            limit: number;
            /** @description Whether it proves that two known people are one. */
            merges: boolean;
            /**
             * Format: int64
             * @description 1 is the strongest.
             */
            priority: number;
        };
        IdentityKindChange: {
            blocked?: string[] | null;
            kind: string;
            /** Format: int64 */
            limit?: number | null;
            merges?: boolean | null;
            /** Format: int64 */
            priority?: number | null;
        };
        IdentityOut: {
            conflicts: components["schemas"]["ConflictOut"][];
            /** @description Newest first, undone ones included. */
            merges: components["schemas"]["MergeOut"][];
            /** @description Every identity of this person, the surviving one first. */
            people: components["schemas"]["IdentityPerson"][];
            /** @description Pairs declared to be different people. */
            splits: components["schemas"]["SplitOut"][];
        };
        IdentityPerson: {
            /** Format: date-time */
            created_at: string;
            /** Format: int64 */
            events: number;
            id: string;
            identifiers: components["schemas"]["PersonIdentifier"][];
            /** @description True for the one whose id the person has. */
            kept: boolean;
            /** Format: int64 */
            orders: number;
            /** @description Its strongest kind of identifier. */
            strongest?: string | null;
        };
        IdentitySettings: {
            /** @description The strongest first. */
            kinds: components["schemas"]["IdentityKind"][];
        };
        ImportColumn: {
            /**
             * Format: double
             * @description Share of empty cells, 0 to 1.
             */
            empty: number;
            name: string;
            samples: string[];
            type: string;
        };
        /** @description What a finished import did. */
        ImportDone: {
            /**
             * Format: int64
             * @description Rows that brought something new or corrected something.
             */
            imported: number;
            /**
             * Format: int64
             * @description Orders seen for the first time.
             */
            orders: number;
            /** Format: int64 */
            people_merged: number;
            /** Format: int64 */
            people_new: number;
            /** Format: int64 */
            refunded: number;
            /** Format: int64 */
            rejected: number;
            /**
             * Format: int64
             * @description In minor units of the workspace currency.
             */
            revenue: number;
            /** Format: int64 */
            rows: number;
            /** Format: double */
            seconds: number;
            /**
             * Format: int64
             * @description Rows that were here before.
             */
            unchanged: number;
        };
        ImportError: {
            code: string;
            message: string;
        };
        ImportField: {
            field: string;
            label_en: string;
            label_zh: string;
            required: boolean;
        };
        /** @enum {string} */
        ImportKindName: "people" | "events" | "orders" | "products";
        /** @description A file as it would be read. */
        ImportLook: {
            columns: components["schemas"]["ImportColumn"][];
            delimiter?: string | null;
            encoding?: string | null;
            /** @description What a column may be mapped to. */
            fields: components["schemas"]["ImportField"][];
            format: string;
            row_errors: components["schemas"]["ImportRowError"][];
            /** @description The first rows, one text per column. */
            rows: string[][];
            sheet?: string | null;
            /** @description Of a workbook; else empty. */
            sheets: string[];
            suggestions: components["schemas"]["ImportSuggestion"][];
            total_rows: components["schemas"]["ImportRows"];
        };
        ImportOut: {
            by: string;
            /** Format: date-time */
            created_at: string;
            dry_run: boolean;
            encoding?: string | null;
            error?: components["schemas"]["ImportError"] | null;
            file: string;
            /** Format: date-time */
            finished_at?: string | null;
            format?: string | null;
            id: string;
            kind: components["schemas"]["ImportKindName"];
            mapping: {
                [key: string]: string;
            };
            options: components["schemas"]["ImportReading"];
            progress: components["schemas"]["ImportProgress"];
            /** Format: int64 */
            rejected: number;
            /** Format: int64 */
            size: number;
            state: components["schemas"]["ImportStateName"];
            summary?: components["schemas"]["ImportDone"] | null;
        };
        ImportProgress: {
            /**
             * Format: int64
             * @description Bytes (or rows, for workbooks) read of `total`.
             */
            done: number;
            /** Format: int64 */
            rows: number;
            /** Format: int64 */
            total: number;
        };
        /** @description How a file is read. What is absent is found out from the file, or taken from the workspace. */
        ImportReading: {
            /** @description Currency of amounts that do not state one. */
            currency?: string | null;
            /** @description One character. */
            delimiter?: string | null;
            encoding?: string | null;
            header?: boolean | null;
            sheet?: string | null;
            /** @description Zone of times that do not state one. */
            timezone?: string | null;
        };
        ImportRowError: {
            code: string;
            /** Format: int64 */
            line: number;
            message: string;
        };
        /** @description How many rows the file has, as far as is known without reading all of it. */
        ImportRows: {
            certainty: components["schemas"]["CertaintyName"];
            /**
             * Format: int64
             * @description Absent when unknown.
             */
            rows?: number | null;
        };
        ImportStart: {
            /** @description Reads and checks every row, writes nothing. */
            dry_run?: boolean;
            /** @description Field → column. Empty: as suggested. */
            mapping?: {
                [key: string]: string;
            };
            options?: components["schemas"]["ImportReading"];
        };
        /** @enum {string} */
        ImportStateName: "uploaded" | "running" | "paused" | "done" | "failed" | "cancelled";
        ImportSuggestion: {
            column: string;
            /**
             * Format: double
             * @description 0 to 1.
             */
            confidence: number;
            field: string;
        };
        /** @description One page of a list. */
        Items_AnalysisCredit: {
            items: {
                /** Format: date-time */
                at: string;
                /**
                 * Format: int64
                 * @description What the touch got of it, or all of it where the cell names no touch.
                 */
                credit: number;
                order_no?: string | null;
                /** @description `psn_…` */
                person: string;
                /** Format: int64 */
                refunded: number;
                touches: components["schemas"]["AnalysisTouch"][];
                /**
                 * Format: int64
                 * @description Minor units, refunds taken off.
                 */
                value: number;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_AudienceOut: {
            items: {
                /**
                 * Format: date-time
                 * @description Everything that was saved before this instant is in it.
                 */
                as_of: string;
                /** Format: date-time */
                created_at: string;
                created_by: string;
                description: string;
                /** Format: int64 */
                entered_today: number;
                error?: components["schemas"]["AudienceError"] | null;
                /** Format: double */
                fresh_seconds: number;
                /** @example aud_… */
                id: string;
                /** @description rule, frozen or list. */
                kind: components["schemas"]["AudienceKindName"];
                /** Format: int64 */
                left_today: number;
                name: string;
                /** Format: int64 */
                people: number;
                /** @description Of kind rule. */
                rule?: Record<string, unknown> | null;
                /** @description The rule as a sentence. */
                summary: string;
                /**
                 * Format: int64
                 * @description Give it back with a change.
                 */
                version: number;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_AuditOut: {
            items: {
                /** @example key.add */
                action: string;
                actor: components["schemas"]["AuditActor"];
                /** Format: date-time */
                at: string;
                /** @description What changed, without personal data. */
                detail: unknown;
                id: string;
                ip?: string | null;
                object?: string | null;
                request_id?: string | null;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_BoardOut: {
            items: {
                id: string;
                items: components["schemas"]["BoardItemOut"][];
                name: string;
                /** Format: date-time */
                updated_at: string;
                /**
                 * Format: int64
                 * @description Give it back with a change.
                 */
                version: number;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_CertificateOut: {
            items: {
                /** Format: date-time */
                at: string;
                by: string;
                /** @description Binds these values to the key of the workspace. */
                digest: string;
                /** Format: int64 */
                events_removed: number;
                id: string;
                /** Format: int64 */
                identifiers_removed: number;
                /**
                 * Format: int64
                 * @description Orders keep money and goods and belong to nobody.
                 */
                orders_detached: number;
                person_id: string;
                reason: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_ConsentOut: {
            items: {
                /** Format: date-time */
                at: string;
                by: string;
                channel: string;
                evidence: string;
                granted: boolean;
                purpose: string;
                source: string;
                text_version: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_DoctorCheck: {
            items: {
                detail: string;
                key: string;
                /** @description What to do; empty when nothing is wrong. */
                remedy: string;
                state: components["schemas"]["CheckStateName"];
                title: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_EventOut: {
            items: {
                /** Format: date-time */
                at: string;
                context: Record<string, unknown>;
                message_id: string;
                name: string;
                person_id: string;
                person_name?: string | null;
                properties: Record<string, unknown>;
                /** Format: date-time */
                received_at: string;
                /** @description The write key or import it came with. */
                source: string;
                /** @description track, identify, page, screen, group, alias, or system for what the platform wrote itself. */
                type: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_ExportOut: {
            items: {
                /** Format: date-time */
                asked_at: string;
                asked_by: components["schemas"]["ExportActor"];
                audience_id: string;
                audience_name: string;
                columns: string[];
                /** Format: date-time */
                decided_at?: string | null;
                decided_by?: components["schemas"]["ExportActor"] | null;
                decision?: string | null;
                /** Format: date-time */
                done_at?: string | null;
                /** Format: int64 */
                downloads: number;
                /** @example exp_… */
                id: string;
                /** @description The caller may approve or reject it. */
                may_decide: boolean;
                /** @description The caller may fetch the file now. */
                may_fetch: boolean;
                /**
                 * Format: int64
                 * @description As many as were asked for; those erased meanwhile are not in the file.
                 */
                people: number;
                reason: string;
                /** @description waiting, approved, rejected, or done: fetched at least once. */
                state: components["schemas"]["ExportStateName"];
                /** @description Phone numbers and addresses are in the file as they are. */
                unmasked: boolean;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_FieldOut: {
            items: {
                label_en: string;
                label_zh: string;
                /** @description Values of another type are refused. */
                locked: boolean;
                name: string;
                /**
                 * Format: int64
                 * @description Who has a value.
                 */
                people: number;
                /** @description Sealed on disk, hidden from readers without `people.unmask`. */
                sensitive: boolean;
                type: components["schemas"]["FieldTypeName"];
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_ImportOut: {
            items: {
                by: string;
                /** Format: date-time */
                created_at: string;
                dry_run: boolean;
                encoding?: string | null;
                error?: components["schemas"]["ImportError"] | null;
                file: string;
                /** Format: date-time */
                finished_at?: string | null;
                format?: string | null;
                id: string;
                kind: components["schemas"]["ImportKindName"];
                mapping: {
                    [key: string]: string;
                };
                options: components["schemas"]["ImportReading"];
                progress: components["schemas"]["ImportProgress"];
                /** Format: int64 */
                rejected: number;
                /** Format: int64 */
                size: number;
                state: components["schemas"]["ImportStateName"];
                summary?: components["schemas"]["ImportDone"] | null;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_KeyOut: {
            items: {
                /** Format: date-time */
                created_at: string;
                id: string;
                kind: components["schemas"]["KeyKindName"];
                /**
                 * Format: date-time
                 * @description Exact to a minute.
                 */
                last_used_at?: string | null;
                name: string;
                /** @description The secret's first characters. */
                prefix: string;
                /** Format: date-time */
                revoked_at?: string | null;
                role?: components["schemas"]["RoleName"] | null;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_OrderOut: {
            items: {
                /**
                 * Format: int64
                 * @description Sum of the sale lines, in minor units.
                 */
                amount: number;
                /** Format: date-time */
                at: string;
                currency: string;
                lines?: components["schemas"]["OrderLine"][] | null;
                order_no: string;
                /** @description The person it counts for now. */
                person_id?: string | null;
                /**
                 * Format: int64
                 * @description Money given back for this order, positive.
                 */
                refunded: number;
                /** @description paid, partly_refunded, refunded or refund_only. */
                status: components["schemas"]["OrderStatusName"];
                store?: components["schemas"]["OrderStore"] | null;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_PersonEvent: {
            items: {
                /** Format: date-time */
                at: string;
                context?: unknown;
                /** @description What the message said about who it is. */
                identifiers: components["schemas"]["PersonIdentifier"][];
                message_id: string;
                name: string;
                properties: unknown;
                /** Format: date-time */
                received_at: string;
                source: string;
                /** @description track, identify, page, screen, group, alias or system. */
                type: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_ProductOut: {
            items: {
                brand?: string | null;
                category?: string | null;
                currency: string;
                /**
                 * Format: int64
                 * @description In minor units of `currency`.
                 */
                price?: number | null;
                /**
                 * Format: int64
                 * @description Gross, in minor units of the workspace currency. null like `sold`.
                 */
                revenue?: number | null;
                sku: string;
                /**
                 * Format: double
                 * @description Pieces, gross. null for readers of some stores: sales are kept per product for the whole brand.
                 */
                sold?: number | null;
                title: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_QuarantineRow: {
            items: {
                /** Format: date-time */
                at: string;
                /** @description The message as it came; text when it is not JSON. */
                body: Record<string, unknown>;
                id: string;
                message_id: string;
                name: string;
                reason: components["schemas"]["QuarantineReason"];
                type: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_RoleOut: {
            items: {
                label_en: string;
                label_zh: string;
                permissions: components["schemas"]["PermissionName"][];
                role: components["schemas"]["RoleName"];
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_RuleField: {
            items: {
                field: string;
                label_en: string;
                label_zh: string;
                operators: components["schemas"]["OpName"][];
                options?: components["schemas"]["RuleFieldOption"][] | null;
                type: components["schemas"]["ValueTypeName"];
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_SchemaEvent: {
            items: {
                /** Format: int64 */
                count: number;
                /** Format: date-time */
                first_seen_at: string;
                /** Format: date-time */
                last_seen_at: string;
                /** @description While locked, violating messages are quarantined. */
                locked: boolean;
                name: string;
                properties: components["schemas"]["SchemaProperty"][];
                type: string;
                /** @description What happens to properties nobody has listed: allow or quarantine. */
                unknown: components["schemas"]["UnknownName"];
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_SearchHit: {
            items: {
                /** @description A person's or tag's id, an order number, a sku, a store's code. */
                id: string;
                subtitle?: string | null;
                title: string;
                type: components["schemas"]["HitTypeName"];
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_StoreOut: {
            items: {
                code: string;
                name: string;
                /** Format: int64 */
                orders: number;
                /** Format: int64 */
                people: number;
                region?: string | null;
                /**
                 * Format: int64
                 * @description Gross, in minor units of the workspace currency.
                 */
                revenue: number;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_TagChangeOut: {
            items: {
                action: components["schemas"]["TagActionName"];
                /** Format: date-time */
                at: string;
                by: string;
                source: string;
                /** @description The tag's name at that time. */
                tag: string;
                why: string;
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        /** @description One page of a list. */
        Items_UserOut: {
            items: {
                email: string;
                /** @example usr_01k9z3f4e5g6h7j8k9m0n1p2q3 */
                id: string;
                /** Format: date-time */
                last_login_at?: string | null;
                locale: components["schemas"]["LocaleName"];
                name: string;
                role: components["schemas"]["RoleName"];
                scope: components["schemas"]["ScopeBody"];
                state: components["schemas"]["UserStateName"];
            }[];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
        };
        KeyIn: {
            kind: components["schemas"]["KeyKindName"];
            /**
             * @description What or who will use it.
             * @example 小程序
             */
            name: string;
            role?: components["schemas"]["RoleName"] | null;
        };
        /**
         * @description `write` keys only send data in; `api` keys have a role.
         * @enum {string}
         */
        KeyKindName: "write" | "api";
        KeyNew: components["schemas"]["KeyOut"] & {
            /** @description Shown this once; only its digest is kept. */
            secret: string;
        };
        KeyOut: {
            /** Format: date-time */
            created_at: string;
            id: string;
            kind: components["schemas"]["KeyKindName"];
            /**
             * Format: date-time
             * @description Exact to a minute.
             */
            last_used_at?: string | null;
            name: string;
            /** @description The secret's first characters. */
            prefix: string;
            /** Format: date-time */
            revoked_at?: string | null;
            role?: components["schemas"]["RoleName"] | null;
        };
        /** @description What is absent is as usual. */
        LifecycleChange: {
            /**
             * Format: int32
             * @description 1 to 3,650; null: measured.
             */
            cycle_days?: number | null;
            /** @description true. */
            loyal_before?: boolean | null;
            /**
             * Format: int32
             * @description 1 to 3,650; 30.
             */
            loyal_days?: number | null;
            /**
             * Format: int32
             * @description 1 to 1,000; 4.
             */
            loyal_orders?: number | null;
            /** @description 1 to 200 characters; Referral Completed. */
            referral_event?: string | null;
            /**
             * Format: int32
             * @description 1 to 366; 30.
             */
            retention_days?: number | null;
            /**
             * Format: int32
             * @description 1 to 100; 80.
             */
            super_vip?: number | null;
        };
        LifecycleSettings: {
            /**
             * Format: int32
             * @description Days between purchases; null: measured, the median of the last year's.
             */
            cycle_days?: number | null;
            /** @description … and an order before that. */
            loyal_before: boolean;
            /**
             * Format: int32
             * @description … within so many days …
             */
            loyal_days: number;
            /**
             * Format: int32
             * @description Loyal is who has so many orders …
             */
            loyal_orders: number;
            /**
             * Format: int32
             * @description As it was measured last; null before the first time.
             */
            measured_cycle_days?: number | null;
            /** @description The event by which somebody brought somebody else. */
            referral_event: string;
            /**
             * Format: int32
             * @description Somebody who was active on another day within so many days is retained.
             */
            retention_days: number;
            /**
             * Format: int32
             * @description Points of value, 0 to 100, from which somebody is a super VIP.
             */
            super_vip: number;
        };
        /** @enum {string} */
        LocaleName: "zh" | "en";
        MergeIn: {
            other_id: string;
            reason: string;
        };
        MergeOut: {
            /** Format: date-time */
            at: string;
            by: string;
            id: string;
            kept_id: string;
            merged_id: string;
            reason?: components["schemas"]["MergeReason"] | null;
            source: string;
            state: components["schemas"]["MergeStateName"];
            /** Format: date-time */
            undone_at?: string | null;
            undone_by?: string | null;
        };
        MergePreview: {
            left: components["schemas"]["MergeSide"];
            right: components["schemas"]["MergeSide"];
        };
        MergeReason: {
            kind: string;
            /** @description Empty when nobody has it any more. */
            value: string;
        };
        MergeSide: {
            events: components["schemas"]["PersonEventCount"];
            id: string;
            identifiers: components["schemas"]["PersonIdentifier"][];
            orders: components["schemas"]["SideOrders"];
            tags: components["schemas"]["TagRef"][];
            traits: Record<string, unknown>;
        };
        /** @enum {string} */
        MergeStateName: "active" | "undone";
        /** @enum {string} */
        OpName: "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "contains" | "exists";
        OrderLine: {
            /** Format: int64 */
            amount: number;
            /** Format: int64 */
            line_no?: number | null;
            /**
             * Format: int64
             * @description Of one piece, in minor units.
             */
            price?: number | null;
            /**
             * Format: double
             * @description Negative on refund lines.
             */
            quantity: number;
            refund: boolean;
            sku: string;
            title: string;
        };
        OrderOut: {
            /**
             * Format: int64
             * @description Sum of the sale lines, in minor units.
             */
            amount: number;
            /** Format: date-time */
            at: string;
            currency: string;
            lines?: components["schemas"]["OrderLine"][] | null;
            order_no: string;
            /** @description The person it counts for now. */
            person_id?: string | null;
            /**
             * Format: int64
             * @description Money given back for this order, positive.
             */
            refunded: number;
            /** @description paid, partly_refunded, refunded or refund_only. */
            status: components["schemas"]["OrderStatusName"];
            store?: components["schemas"]["OrderStore"] | null;
        };
        /** @enum {string} */
        OrderStatusName: "paid" | "partly_refunded" | "refunded" | "refund_only";
        OrderStore: {
            code: string;
            name: string;
        };
        Overview: components["schemas"]["Stats"] & {
            attention: components["schemas"]["StatsAttention"][];
            checklist: components["schemas"]["StatsStep"][];
            /** @description The last 30 days, oldest first. */
            days: components["schemas"]["StatsDay"][];
            /**
             * Format: int64
             * @description People with at least one identifier besides a browser or a device.
             */
            identified: number;
            /** Format: int64 */
            merges: number;
            /** Format: int64 */
            quarantined: number;
        };
        PasswordIn: {
            current: string;
            /** @description At least 10 characters. */
            new: string;
        };
        /** @enum {string} */
        PermissionName: "people.read" | "people.write" | "people.unmask" | "people.erase" | "people.export" | "people.merge" | "tags.write" | "events.read" | "schema.write" | "import.run" | "orders.read" | "commerce.write" | "boards.write" | "audiences.write" | "exports.approve" | "users.manage" | "keys.manage" | "audit.read" | "settings.write";
        PersonChange: {
            /** @description null takes a value away. */
            traits: Record<string, unknown>;
        };
        PersonEvent: {
            /** Format: date-time */
            at: string;
            context?: unknown;
            /** @description What the message said about who it is. */
            identifiers: components["schemas"]["PersonIdentifier"][];
            message_id: string;
            name: string;
            properties: unknown;
            /** Format: date-time */
            received_at: string;
            source: string;
            /** @description track, identify, page, screen, group, alias or system. */
            type: string;
        };
        PersonEventCount: {
            /**
             * Format: int64
             * @description The platform's own events are not counted.
             */
            count: number;
        };
        PersonIdentifier: {
            /** @example phone */
            kind: string;
            /** @description True when the value is not the whole one. */
            masked: boolean;
            value: string;
        };
        PersonIdentifierSeen: components["schemas"]["PersonIdentifier"] & {
            /** Format: date-time */
            first_seen_at: string;
            source: string;
        };
        PersonIn: {
            identifiers: components["schemas"]["PersonInIdentifier"][];
            traits?: Record<string, unknown>;
        };
        PersonInIdentifier: {
            /** @example phone */
            kind: string;
            /** @example 13912345678 */
            value: string;
        };
        PersonList: {
            items: components["schemas"]["PersonRow"][];
            /** @description Give it back as `after` to get the following page; null at the end. */
            next?: string | null;
            /**
             * Format: int64
             * @description How many fit the filter, where that is known.
             */
            total?: number | null;
        };
        /** @description Orders in all currencies; amounts in the workspace's, in minor units. */
        PersonOrders: {
            /**
             * Format: int64
             * @description Gross: what was given back is not taken off.
             */
            amount: number;
            /**
             * Format: int64
             * @description Orders with a sale line.
             */
            count: number;
            currency: string;
            /** Format: date-time */
            last_at?: string | null;
            /**
             * Format: int64
             * @description Positive.
             */
            refunded: number;
        };
        PersonOut: {
            /** @description What is in force for each purpose and channel. */
            consents: components["schemas"]["ConsentOut"][];
            /** Format: date-time */
            created_at: string;
            events: components["schemas"]["PersonEventCount"];
            /** Format: date-time */
            first_seen_at: string;
            id: string;
            identifiers: components["schemas"]["PersonIdentifierSeen"][];
            /** Format: date-time */
            last_seen_at?: string | null;
            merged: number;
            /** @description Ids that answer with this person. */
            merged_ids: string[];
            name?: string | null;
            orders: components["schemas"]["PersonOrders"];
            /** @description The id that was asked for; another one when that was merged away. */
            requested_id: string;
            stores: components["schemas"]["PersonStore"][];
            tags: components["schemas"]["PersonTag"][];
            traits: Record<string, unknown>;
        };
        PersonRow: {
            /** Format: date-time */
            created_at: string;
            events: components["schemas"]["PersonEventCount"];
            id: string;
            /** @description The strongest kind first. */
            identifiers: components["schemas"]["PersonIdentifier"][];
            /** Format: date-time */
            last_seen_at?: string | null;
            /** @description How many other identities were merged into this person. */
            merged: number;
            name?: string | null;
            orders: components["schemas"]["PersonOrders"];
            tags: components["schemas"]["TagRef"][];
        };
        PersonStore: {
            code: string;
            /** Format: date-time */
            last_at: string;
            name: string;
            /** Format: int64 */
            orders: number;
        };
        /** @description A tag with its lineage. */
        PersonTag: components["schemas"]["TagRef"] & {
            /** Format: date-time */
            at: string;
            by: string;
            source: string;
            why: string;
        };
        /** @description Either `tag_id`, or `name` with or without `group`. A name nobody has used becomes a new tag, when the caller may write tags. */
        PersonTagIn: {
            /** Format: date-time */
            expires_at?: string | null;
            /** @description Name or id of a tag group. */
            group?: string | null;
            name?: string | null;
            tag_id?: string | null;
            why?: string | null;
        };
        ProductOut: {
            brand?: string | null;
            category?: string | null;
            currency: string;
            /**
             * Format: int64
             * @description In minor units of `currency`.
             */
            price?: number | null;
            /**
             * Format: int64
             * @description Gross, in minor units of the workspace currency. null like `sold`.
             */
            revenue?: number | null;
            sku: string;
            /**
             * Format: double
             * @description Pieces, gross. null for readers of some stores: sales are kept per product for the whole brand.
             */
            sold?: number | null;
            title: string;
        };
        QuarantineReason: {
            code: string;
            field?: string | null;
            message: string;
        };
        QuarantineRow: {
            /** Format: date-time */
            at: string;
            /** @description The message as it came; text when it is not JSON. */
            body: Record<string, unknown>;
            id: string;
            message_id: string;
            name: string;
            reason: components["schemas"]["QuarantineReason"];
            type: string;
        };
        RetryIn: {
            /** @description Only messages of this event; all when absent. */
            name?: string | null;
        };
        RetryOut: {
            accepted: number;
            rejected: number;
        };
        /** @enum {string} */
        RoleName: "owner" | "operator" | "analyst" | "store_manager" | "guide" | "read_only";
        RoleOut: {
            label_en: string;
            label_zh: string;
            permissions: components["schemas"]["PermissionName"][];
            role: components["schemas"]["RoleName"];
        };
        RuleField: {
            field: string;
            label_en: string;
            label_zh: string;
            operators: components["schemas"]["OpName"][];
            options?: components["schemas"]["RuleFieldOption"][] | null;
            type: components["schemas"]["ValueTypeName"];
        };
        RuleFieldOption: {
            label_en: string;
            label_zh: string;
            value: string;
        };
        SchemaEvent: {
            /** Format: int64 */
            count: number;
            /** Format: date-time */
            first_seen_at: string;
            /** Format: date-time */
            last_seen_at: string;
            /** @description While locked, violating messages are quarantined. */
            locked: boolean;
            name: string;
            properties: components["schemas"]["SchemaProperty"][];
            type: string;
            /** @description What happens to properties nobody has listed: allow or quarantine. */
            unknown: components["schemas"]["UnknownName"];
        };
        SchemaIn: {
            locked?: boolean | null;
            properties?: components["schemas"]["SchemaPropertyIn"][];
            unknown?: components["schemas"]["UnknownName"] | null;
        };
        SchemaProperty: {
            locked_type?: string | null;
            name: string;
            required: boolean;
            /** @description The first value seen, shortened; null for readers who may not see personal data. */
            sample?: string | null;
            /** @description JSON types seen. */
            types: string[];
        };
        SchemaPropertyIn: {
            /** @description string, number, boolean, object, array; null takes the lock away. */
            locked_type?: string | null;
            name: string;
            required?: boolean;
        };
        /** @description Which part of the brand is seen: everything, or some regions and stores. */
        ScopeBody: {
            all: boolean;
            regions: string[];
            /** @description Codes of stores. */
            stores: string[];
        };
        SearchHit: {
            /** @description A person's or tag's id, an order number, a sku, a store's code. */
            id: string;
            subtitle?: string | null;
            title: string;
            type: components["schemas"]["HitTypeName"];
        };
        SelfPatch: {
            locale?: components["schemas"]["LocaleName"] | null;
            name?: string | null;
        };
        SessionOut: {
            /** @description Send it back as `X-CSRF-Token` with every call that is not a GET. */
            csrf: string;
            user: components["schemas"]["SessionUser"];
            workspace: components["schemas"]["WorkspaceOut"];
        };
        SessionUser: {
            email: string;
            id: string;
            locale: components["schemas"]["LocaleName"];
            name: string;
            permissions: components["schemas"]["PermissionName"][];
            role: components["schemas"]["RoleName"];
            scope: components["schemas"]["ScopeBody"];
        };
        Settings: {
            /** @description ISO 4217. Amounts without a currency are in it. */
            currency: string;
            identity: components["schemas"]["IdentitySettings"];
            locale: components["schemas"]["LocaleName"];
            name: string;
            /** @description IANA name. Days begin at its midnight. */
            timezone: string;
        };
        SettingsChange: {
            currency?: string | null;
            identity?: components["schemas"]["IdentityChange"] | null;
            locale?: components["schemas"]["LocaleName"] | null;
            name?: string | null;
            timezone?: string | null;
        };
        SetupIn: {
            /** @example 安 */
            admin_name: string;
            /**
             * @description ISO 4217.
             * @example CNY
             */
            currency: string;
            /** @example ann@brand.example */
            email: string;
            locale: components["schemas"]["LocaleName"];
            /**
             * @description Of the workspace, usually the brand.
             * @example 山茶
             */
            name: string;
            /** @description At least 10 characters. */
            password: string;
            /**
             * @description IANA name.
             * @example Asia/Shanghai
             */
            timezone: string;
        };
        SetupState: {
            /** @description The workspace's name, once it has one. */
            name?: string | null;
            /** @description True until the first owner exists. */
            needed: boolean;
            version: string;
        };
        /** @description Amounts in the workspace currency. */
        SideOrders: {
            /** Format: int64 */
            amount: number;
            /** Format: int64 */
            count: number;
            /** Format: int64 */
            refunded: number;
        };
        SignInIn: {
            /** @example ann@brand.example */
            email: string;
            password: string;
        };
        SplitOut: {
            a_id: string;
            /** Format: date-time */
            at: string;
            b_id: string;
            by: string;
        };
        /** @description Money in minor units of `currency`. */
        Stats: {
            currency: string;
            /**
             * Format: int64
             * @description Events of people; the platform's own are not counted.
             *     Null for readers limited to some stores: events belong to no store.
             */
            events?: number | null;
            /**
             * Format: int64
             * @description revenue − refunded.
             */
            net: number;
            /**
             * Format: int64
             * @description Orders with at least one sale line.
             */
            orders: number;
            /**
             * Format: int64
             * @description People, each counted once however many identities they were merged from.
             */
            people: number;
            /** Format: int64 */
            refunded: number;
            /**
             * Format: int64
             * @description Sum of sale lines.
             */
            revenue: number;
        };
        StatsAttention: {
            /** Format: int64 */
            count: number;
            key: components["schemas"]["AttentionName"];
        };
        StatsDay: {
            /** @description Calendar day of the workspace's zone. */
            day: string;
            /** Format: int64 */
            orders: number;
            /** Format: int64 */
            people: number;
            /** Format: int64 */
            revenue: number;
        };
        StatsStep: {
            done: boolean;
            key: components["schemas"]["StepName"];
        };
        /** @enum {string} */
        StepName: "import_people" | "import_orders" | "connect_sdk" | "create_tag" | "invite_user" | "lock_schema";
        StoreOut: {
            code: string;
            name: string;
            /** Format: int64 */
            orders: number;
            /** Format: int64 */
            people: number;
            region?: string | null;
            /**
             * Format: int64
             * @description Gross, in minor units of the workspace currency.
             */
            revenue: number;
        };
        StorePut: {
            name: string;
            region?: string | null;
        };
        /** @enum {string} */
        TagActionName: "added" | "removed" | "expired";
        TagChange: {
            color?: string | null;
            description?: string | null;
            group?: string | null;
            group_id?: string | null;
            kind?: components["schemas"]["TagKindName"] | null;
            name?: string | null;
            rule?: unknown;
            /**
             * Format: int64
             * @description null: tags given from now on never run out.
             */
            ttl_days?: number | null;
        };
        TagChangeOut: {
            action: components["schemas"]["TagActionName"];
            /** Format: date-time */
            at: string;
            by: string;
            source: string;
            /** @description The tag's name at that time. */
            tag: string;
            why: string;
        };
        TagGroupIn: {
            /** @example 消费能力 */
            name: string;
        };
        TagGroupOut: {
            id: string;
            name: string;
            tags: components["schemas"]["TagOut"][];
        };
        /** @enum {string} */
        TagKindName: "manual" | "rule" | "imported";
        TagList: {
            groups: components["schemas"]["TagGroupOut"][];
        };
        TagNew: {
            /** @description default, red, volcano, orange, gold, lime, green, cyan, blue, geekblue, purple or magenta. */
            color?: string | null;
            description?: string | null;
            /** @description Name of a group, made when missing; or give `group_id`. */
            group?: string | null;
            group_id?: string | null;
            kind?: components["schemas"]["TagKindName"] | null;
            name: string;
            /** @description For kind `rule`. */
            rule?: unknown;
            /**
             * Format: int64
             * @description Days until it runs out on a person.
             */
            ttl_days?: number | null;
        };
        TagOut: {
            color: string;
            description: string;
            /** Format: date-time */
            evaluated_at?: string | null;
            group: string;
            group_id: string;
            id: string;
            kind: components["schemas"]["TagKindName"];
            name: string;
            /**
             * Format: int64
             * @description Who carries it now, each person once.
             */
            people: number;
            rule?: unknown;
            /** Format: int64 */
            ttl_days?: number | null;
        };
        TagPreview: {
            /** Format: int64 */
            people: number;
            /** @description Up to five of them. */
            sample: components["schemas"]["PersonRow"][];
        };
        TagPreviewIn: {
            /** @description `{all|any|not: [rule or {field, op, value}]}` */
            rule: unknown;
        };
        TagRef: {
            color: string;
            /** Format: date-time */
            expires_at?: string | null;
            group: string;
            id: string;
            kind: components["schemas"]["TagKindName"];
            name: string;
        };
        TagRun: {
            /** Format: int64 */
            added: number;
            /** Format: int64 */
            people: number;
            /** Format: int64 */
            removed: number;
        };
        TrackOut: {
            /** @description Messages taken with this request. */
            accepted: number;
            /** @description Messages kept aside with a reason; see the quarantine. */
            quarantined: number;
            /** @description Messages that were here before (same messageId). */
            repeated: number;
            success: boolean;
        };
        UndoIn: {
            reason: string;
        };
        UndoOut: {
            left_id: string;
            right_id: string;
        };
        /**
         * @description What happens to properties nobody has listed.
         * @enum {string}
         */
        UnknownName: "allow" | "quarantine";
        UnmaskedIdentifier: {
            kind: string;
            value: string;
        };
        UnmaskIn: {
            reason: string;
        };
        UnmaskOut: {
            identifiers: components["schemas"]["UnmaskedIdentifier"][];
            traits: Record<string, unknown>;
        };
        UserChange: {
            name?: string | null;
            password?: string | null;
            role?: components["schemas"]["RoleName"] | null;
            scope?: components["schemas"]["ScopeBody"] | null;
            state?: components["schemas"]["UserStateName"] | null;
        };
        UserIn: {
            /** @example bea@brand.example */
            email: string;
            locale?: components["schemas"]["LocaleName"] | null;
            /** @example 贝 */
            name: string;
            /** @description At least 10 characters. */
            password: string;
            role: components["schemas"]["RoleName"];
            scope?: components["schemas"]["ScopeBody"] | null;
        };
        UserOut: {
            email: string;
            /** @example usr_01k9z3f4e5g6h7j8k9m0n1p2q3 */
            id: string;
            /** Format: date-time */
            last_login_at?: string | null;
            locale: components["schemas"]["LocaleName"];
            name: string;
            role: components["schemas"]["RoleName"];
            scope: components["schemas"]["ScopeBody"];
            state: components["schemas"]["UserStateName"];
        };
        /** @enum {string} */
        UserStateName: "active" | "disabled";
        /** @enum {string} */
        ValueTypeName: "money" | "integer" | "number" | "boolean" | "text" | "date" | "datetime" | "list" | "option";
        WorkspaceOut: {
            currency: string;
            locale: components["schemas"]["LocaleName"];
            name: string;
            timezone: string;
            version: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AnalysisCatalogue = components['schemas']['AnalysisCatalogue'];
export type AnalysisCell = components['schemas']['AnalysisCell'];
export type AnalysisCredit = components['schemas']['AnalysisCredit'];
export type AnalysisEvent = components['schemas']['AnalysisEvent'];
export type AnalysisExport = components['schemas']['AnalysisExport'];
export type AnalysisPeople = components['schemas']['AnalysisPeople'];
export type AnalysisProperty = components['schemas']['AnalysisProperty'];
export type AnalysisTouch = components['schemas']['AnalysisTouch'];
export type AttentionName = components['schemas']['AttentionName'];
export type AudienceChange = components['schemas']['AudienceChange'];
export type AudienceCombine = components['schemas']['AudienceCombine'];
export type AudienceDifference = components['schemas']['AudienceDifference'];
export type AudienceError = components['schemas']['AudienceError'];
export type AudienceFreeze = components['schemas']['AudienceFreeze'];
export type AudienceHistory = components['schemas']['AudienceHistory'];
export type AudienceIdentifier = components['schemas']['AudienceIdentifier'];
export type AudienceKindName = components['schemas']['AudienceKindName'];
export type AudienceNew = components['schemas']['AudienceNew'];
export type AudienceOfCell = components['schemas']['AudienceOfCell'];
export type AudienceOnDay = components['schemas']['AudienceOnDay'];
export type AudienceOpName = components['schemas']['AudienceOpName'];
export type AudienceOut = components['schemas']['AudienceOut'];
export type AudiencePart = components['schemas']['AudiencePart'];
export type AudiencePeople = components['schemas']['AudiencePeople'];
export type AudiencePreview = components['schemas']['AudiencePreview'];
export type AudiencePreviewIn = components['schemas']['AudiencePreviewIn'];
export type AudienceSample = components['schemas']['AudienceSample'];
export type AudienceUpload = components['schemas']['AudienceUpload'];
export type AuditActor = components['schemas']['AuditActor'];
export type AuditOut = components['schemas']['AuditOut'];
export type Beside = components['schemas']['Beside'];
export type BoardChange = components['schemas']['BoardChange'];
export type BoardItemOut = components['schemas']['BoardItemOut'];
export type BoardNew = components['schemas']['BoardNew'];
export type BoardOut = components['schemas']['BoardOut'];
export type CertaintyName = components['schemas']['CertaintyName'];
export type CertificateOut = components['schemas']['CertificateOut'];
export type CheckStateName = components['schemas']['CheckStateName'];
export type ConflictOut = components['schemas']['ConflictOut'];
export type ConsentNew = components['schemas']['ConsentNew'];
export type ConsentOut = components['schemas']['ConsentOut'];
export type DoctorCheck = components['schemas']['DoctorCheck'];
export type EraseIn = components['schemas']['EraseIn'];
export type EraseOut = components['schemas']['EraseOut'];
export type Error = components['schemas']['Error'];
export type EventOut = components['schemas']['EventOut'];
export type ExportActor = components['schemas']['ExportActor'];
export type ExportDecision = components['schemas']['ExportDecision'];
export type ExportNew = components['schemas']['ExportNew'];
export type ExportOut = components['schemas']['ExportOut'];
export type ExportStateName = components['schemas']['ExportStateName'];
export type FieldChange = components['schemas']['FieldChange'];
export type FieldNew = components['schemas']['FieldNew'];
export type FieldOut = components['schemas']['FieldOut'];
export type FieldTypeName = components['schemas']['FieldTypeName'];
export type HitTypeName = components['schemas']['HitTypeName'];
export type IdentityChange = components['schemas']['IdentityChange'];
export type IdentityKind = components['schemas']['IdentityKind'];
export type IdentityKindChange = components['schemas']['IdentityKindChange'];
export type IdentityOut = components['schemas']['IdentityOut'];
export type IdentityPerson = components['schemas']['IdentityPerson'];
export type IdentitySettings = components['schemas']['IdentitySettings'];
export type ImportColumn = components['schemas']['ImportColumn'];
export type ImportDone = components['schemas']['ImportDone'];
export type ImportError = components['schemas']['ImportError'];
export type ImportField = components['schemas']['ImportField'];
export type ImportKindName = components['schemas']['ImportKindName'];
export type ImportLook = components['schemas']['ImportLook'];
export type ImportOut = components['schemas']['ImportOut'];
export type ImportProgress = components['schemas']['ImportProgress'];
export type ImportReading = components['schemas']['ImportReading'];
export type ImportRowError = components['schemas']['ImportRowError'];
export type ImportRows = components['schemas']['ImportRows'];
export type ImportStart = components['schemas']['ImportStart'];
export type ImportStateName = components['schemas']['ImportStateName'];
export type ImportSuggestion = components['schemas']['ImportSuggestion'];
export type ItemsAnalysisCredit = components['schemas']['Items_AnalysisCredit'];
export type ItemsAudienceOut = components['schemas']['Items_AudienceOut'];
export type ItemsAuditOut = components['schemas']['Items_AuditOut'];
export type ItemsBoardOut = components['schemas']['Items_BoardOut'];
export type ItemsCertificateOut = components['schemas']['Items_CertificateOut'];
export type ItemsConsentOut = components['schemas']['Items_ConsentOut'];
export type ItemsDoctorCheck = components['schemas']['Items_DoctorCheck'];
export type ItemsEventOut = components['schemas']['Items_EventOut'];
export type ItemsExportOut = components['schemas']['Items_ExportOut'];
export type ItemsFieldOut = components['schemas']['Items_FieldOut'];
export type ItemsImportOut = components['schemas']['Items_ImportOut'];
export type ItemsKeyOut = components['schemas']['Items_KeyOut'];
export type ItemsOrderOut = components['schemas']['Items_OrderOut'];
export type ItemsPersonEvent = components['schemas']['Items_PersonEvent'];
export type ItemsProductOut = components['schemas']['Items_ProductOut'];
export type ItemsQuarantineRow = components['schemas']['Items_QuarantineRow'];
export type ItemsRoleOut = components['schemas']['Items_RoleOut'];
export type ItemsRuleField = components['schemas']['Items_RuleField'];
export type ItemsSchemaEvent = components['schemas']['Items_SchemaEvent'];
export type ItemsSearchHit = components['schemas']['Items_SearchHit'];
export type ItemsStoreOut = components['schemas']['Items_StoreOut'];
export type ItemsTagChangeOut = components['schemas']['Items_TagChangeOut'];
export type ItemsUserOut = components['schemas']['Items_UserOut'];
export type KeyIn = components['schemas']['KeyIn'];
export type KeyKindName = components['schemas']['KeyKindName'];
export type KeyNew = components['schemas']['KeyNew'];
export type KeyOut = components['schemas']['KeyOut'];
export type LifecycleChange = components['schemas']['LifecycleChange'];
export type LifecycleSettings = components['schemas']['LifecycleSettings'];
export type LocaleName = components['schemas']['LocaleName'];
export type MergeIn = components['schemas']['MergeIn'];
export type MergeOut = components['schemas']['MergeOut'];
export type MergePreview = components['schemas']['MergePreview'];
export type MergeReason = components['schemas']['MergeReason'];
export type MergeSide = components['schemas']['MergeSide'];
export type MergeStateName = components['schemas']['MergeStateName'];
export type OpName = components['schemas']['OpName'];
export type OrderLine = components['schemas']['OrderLine'];
export type OrderOut = components['schemas']['OrderOut'];
export type OrderStatusName = components['schemas']['OrderStatusName'];
export type OrderStore = components['schemas']['OrderStore'];
export type Overview = components['schemas']['Overview'];
export type PasswordIn = components['schemas']['PasswordIn'];
export type PermissionName = components['schemas']['PermissionName'];
export type PersonChange = components['schemas']['PersonChange'];
export type PersonEvent = components['schemas']['PersonEvent'];
export type PersonEventCount = components['schemas']['PersonEventCount'];
export type PersonIdentifier = components['schemas']['PersonIdentifier'];
export type PersonIdentifierSeen = components['schemas']['PersonIdentifierSeen'];
export type PersonIn = components['schemas']['PersonIn'];
export type PersonInIdentifier = components['schemas']['PersonInIdentifier'];
export type PersonList = components['schemas']['PersonList'];
export type PersonOrders = components['schemas']['PersonOrders'];
export type PersonOut = components['schemas']['PersonOut'];
export type PersonRow = components['schemas']['PersonRow'];
export type PersonStore = components['schemas']['PersonStore'];
export type PersonTag = components['schemas']['PersonTag'];
export type PersonTagIn = components['schemas']['PersonTagIn'];
export type ProductOut = components['schemas']['ProductOut'];
export type QuarantineReason = components['schemas']['QuarantineReason'];
export type QuarantineRow = components['schemas']['QuarantineRow'];
export type RetryIn = components['schemas']['RetryIn'];
export type RetryOut = components['schemas']['RetryOut'];
export type RoleName = components['schemas']['RoleName'];
export type RoleOut = components['schemas']['RoleOut'];
export type RuleField = components['schemas']['RuleField'];
export type RuleFieldOption = components['schemas']['RuleFieldOption'];
export type SchemaEvent = components['schemas']['SchemaEvent'];
export type SchemaIn = components['schemas']['SchemaIn'];
export type SchemaProperty = components['schemas']['SchemaProperty'];
export type SchemaPropertyIn = components['schemas']['SchemaPropertyIn'];
export type ScopeBody = components['schemas']['ScopeBody'];
export type SearchHit = components['schemas']['SearchHit'];
export type SelfPatch = components['schemas']['SelfPatch'];
export type SessionOut = components['schemas']['SessionOut'];
export type SessionUser = components['schemas']['SessionUser'];
export type Settings = components['schemas']['Settings'];
export type SettingsChange = components['schemas']['SettingsChange'];
export type SetupIn = components['schemas']['SetupIn'];
export type SetupState = components['schemas']['SetupState'];
export type SideOrders = components['schemas']['SideOrders'];
export type SignInIn = components['schemas']['SignInIn'];
export type SplitOut = components['schemas']['SplitOut'];
export type Stats = components['schemas']['Stats'];
export type StatsAttention = components['schemas']['StatsAttention'];
export type StatsDay = components['schemas']['StatsDay'];
export type StatsStep = components['schemas']['StatsStep'];
export type StepName = components['schemas']['StepName'];
export type StoreOut = components['schemas']['StoreOut'];
export type StorePut = components['schemas']['StorePut'];
export type TagActionName = components['schemas']['TagActionName'];
export type TagChange = components['schemas']['TagChange'];
export type TagChangeOut = components['schemas']['TagChangeOut'];
export type TagGroupIn = components['schemas']['TagGroupIn'];
export type TagGroupOut = components['schemas']['TagGroupOut'];
export type TagKindName = components['schemas']['TagKindName'];
export type TagList = components['schemas']['TagList'];
export type TagNew = components['schemas']['TagNew'];
export type TagOut = components['schemas']['TagOut'];
export type TagPreview = components['schemas']['TagPreview'];
export type TagPreviewIn = components['schemas']['TagPreviewIn'];
export type TagRef = components['schemas']['TagRef'];
export type TagRun = components['schemas']['TagRun'];
export type TrackOut = components['schemas']['TrackOut'];
export type UndoIn = components['schemas']['UndoIn'];
export type UndoOut = components['schemas']['UndoOut'];
export type UnknownName = components['schemas']['UnknownName'];
export type UnmaskedIdentifier = components['schemas']['UnmaskedIdentifier'];
export type UnmaskIn = components['schemas']['UnmaskIn'];
export type UnmaskOut = components['schemas']['UnmaskOut'];
export type UserChange = components['schemas']['UserChange'];
export type UserIn = components['schemas']['UserIn'];
export type UserOut = components['schemas']['UserOut'];
export type UserStateName = components['schemas']['UserStateName'];
export type ValueTypeName = components['schemas']['ValueTypeName'];
export type WorkspaceOut = components['schemas']['WorkspaceOut'];
export type $defs = Record<string, never>;
export interface operations {
    post_analysis_kind: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example funnel */
                kind: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, unknown>;
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_analysis_kind_audience: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AudienceOfCell"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_analysis_kind_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnalysisExport"];
            };
        };
        responses: {
            /** @description The workbook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_analysis_kind_people: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnalysisCell"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisPeople"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_analysis_attribution_credits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnalysisCell"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_AnalysisCredit"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_analysis_catalogue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisCatalogue"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_analysis_defaults: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_audiences: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Part of the name. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_audiences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AudienceNew"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_audiences_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `aud_…` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_audiences_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AudienceChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_audiences_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_audiences_id_difference: {
        parameters: {
            query: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description The end of this day is compared … */
                from: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description entered, left or stayed: gives the people of it. */
                side?: string;
                /** @description … with that of this one. */
                to: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceDifference"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_audiences_id_exports: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportNew"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_audiences_id_freeze: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AudienceFreeze"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_audiences_id_history: {
        parameters: {
            query?: {
                /** @description 30 days back when absent. */
                from?: string;
                /** @description Today when absent. */
                to?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceHistory"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_audiences_id_people: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description As it was at the end of this day; now when absent. */
                day?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudiencePeople"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_audiences_combine: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AudienceCombine"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_audiences_preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AudiencePreviewIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudiencePreview"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_audiences_upload: {
        parameters: {
            query: {
                /** @description What the file is called; its ending helps to tell the format. */
                filename?: string;
                name: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudienceUpload"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_audit: {
        parameters: {
            query?: {
                /** @description A whole action (`key.add`), or a noun with its dot (`key.`) for all of its actions. */
                action?: string;
                /** @description Id of a user or key. */
                actor?: string;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description From this instant on. */
                from?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Id of what it was done to. */
                object?: string;
                /** @description Before this instant. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_AuditOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_boards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_BoardOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_boards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BoardNew"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoardOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_boards_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoardOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_boards_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BoardChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoardOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_boards_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_doctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_DoctorCheck"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_erasures: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_CertificateOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_events: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description `system` shows the platform's own events too. */
                include?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Only events of this name. */
                name?: string;
                /** @description Only this type. */
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_EventOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_events_stream: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["EventOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_exports: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_ExportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_exports_id_approve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportDecision"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_exports_id_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workbook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_exports_id_reject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportDecision"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_fields: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_FieldOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_fields: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FieldNew"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_fields_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FieldChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_imports: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_ImportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_imports: {
        parameters: {
            query: {
                /** @description What the file is called; its ending helps to tell the format. */
                filename: string;
                /** @description people, events, orders or products. */
                kind: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_imports_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_imports_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_imports_id_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_imports_id_errors_csv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_imports_id_preview: {
        parameters: {
            query?: {
                delimiter?: string;
                encoding?: string;
                header?: boolean;
                sheet?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportLook"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_imports_id_resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_imports_id_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportStart"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_keys: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_KeyOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyIn"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyNew"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_keys_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `key_…` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_orders: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                from?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description The beginning of the order number. */
                q?: string;
                /** @description paid, partly_refunded, refunded or refund_only. */
                status?: string;
                /** @description A store's code. */
                store?: string;
                /** @description Before this instant. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_OrderOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_orders_order_no: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                order_no: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                amount_max?: number;
                /** @description Gross, in minor units of the workspace currency. */
                amount_min?: number;
                /** @description true: people with an identity conflict. */
                conflict?: boolean;
                created_from?: string;
                created_to?: string;
                /**
                 * @description People with an identifier of this kind.
                 * @example phone
                 */
                has?: string;
                /**
                 * @description `KIND:VALUE`, in any spelling of the value.
                 * @example phone:13912345678
                 */
                identifier?: string;
                last_order_from?: string;
                last_order_to?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description true: people who were merged from several identities. */
                merged?: boolean;
                orders_max?: number;
                orders_min?: number;
                /** @description Any identifier in full, a person's id, or part of a name. */
                q?: string;
                /** @description created_at, -created_at (when absent), -orders, -amount or -last_order_at. */
                sort?: string;
                /** @description People with an order in the store of this code. */
                store?: string;
                /** @description A tag's id. */
                tag?: string;
                /** @description People with a tag that runs out up to this instant. */
                tag_expires_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonList"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `psn_…` */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_people_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_consents: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_ConsentOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people_id_consents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConsentNew"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsentOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people_id_erase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EraseIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EraseOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_events: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description `system` adds what the platform itself wrote (merged, tagged, consent given). */
                include?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Events of this name only. */
                name?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_PersonEvent"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_identity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people_id_merge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_merges_merge_preview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                merge: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MergePreview"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people_id_merges_merge_undo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                merge: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UndoOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_orders: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_OrderOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_id_tag_history: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_TagChangeOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people_id_tags: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonTagIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_people_id_tags_tag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                /** @description `tag_…` */
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_people_id_unmask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnmaskIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnmaskOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_people_export_xlsx: {
        parameters: {
            query?: {
                amount_max?: number;
                /** @description Gross, in minor units of the workspace currency. */
                amount_min?: number;
                /** @description true: people with an identity conflict. */
                conflict?: boolean;
                created_from?: string;
                created_to?: string;
                /**
                 * @description People with an identifier of this kind.
                 * @example phone
                 */
                has?: string;
                /**
                 * @description `KIND:VALUE`, in any spelling of the value.
                 * @example phone:13912345678
                 */
                identifier?: string;
                last_order_from?: string;
                last_order_to?: string;
                /** @description true: people who were merged from several identities. */
                merged?: boolean;
                orders_max?: number;
                orders_min?: number;
                /** @description Any identifier in full, a person's id, or part of a name. */
                q?: string;
                /** @description created_at, -created_at (when absent), -orders, -amount or -last_order_at. */
                sort?: string;
                /** @description People with an order in the store of this code. */
                store?: string;
                /** @description A tag's id. */
                tag?: string;
                /** @description People with a tag that runs out up to this instant. */
                tag_expires_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workbook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": unknown;
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_products: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                category?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description A part of sku or title. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_ProductOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_quarantine: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description Only messages of this event. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_QuarantineRow"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_quarantine_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_quarantine_id_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetryOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_quarantine_retry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetryIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetryOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_roles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_RoleOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_schema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_SchemaEvent"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_schema_type_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
                type: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchemaIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaEvent"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_search: {
        parameters: {
            query?: {
                /** @description A person's identifier in full or part of a name; the beginning of an order number; part of a product, store or tag. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_SearchHit"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SelfPatch"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_session_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordIn"];
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingsChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_settings_lifecycle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LifecycleSettings"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_settings_lifecycle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LifecycleChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LifecycleSettings"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupIn"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_stats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_stats_overview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_stores: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
                /** @description A part of code or name. */
                q?: string;
                region?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_StoreOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    put_stores_code: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StorePut"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_tag_groups: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagGroupIn"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagGroupOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_tag_groups_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_tag_groups_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `tgp_…` */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagGroupIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagGroupOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_tags: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagList"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_tags: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagNew"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    delete_tags_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_tags_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `tag_…` */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_tags_id_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagRun"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_tags_fields: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_RuleField"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_tags_preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagPreviewIn"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TagPreview"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    get_users: {
        parameters: {
            query?: {
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Rows of a page, 1 to 200; 50 when absent. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items_UserOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserIn"];
            };
        };
        responses: {
            /** @description The result */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patch_users_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `usr_…` */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    post_v1_call: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description identify, track, page, screen, group, alias, batch or import */
                call: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, unknown>;
            };
        };
        responses: {
            /** @description The result */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackOut"];
                };
            };
            /** @description Refused; `code` says why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
}
