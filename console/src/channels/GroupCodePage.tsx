import { DownloadOutlined, EditOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Progress, Skeleton, Tag as AntTag } from "antd";
import { Link, useNavigate, useParams } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Copyable, MayButton, Need, Num, PageHead } from "../shell/parts";
import { channelKeys, groupCodes, groupKeys, type GroupCode, type GroupVariant } from "./calls";
import { GroupState } from "./GroupCodesPage";
import "../wecom/wecom.css";
import "./channels.css";

export function GroupCodePage() {
  const { id = "" } = useParams();
  return <Need permission="people.read"><Loaded id={id} /></Need>;
}

function Loaded({ id }: { id: string }) {
  const waiting = (code: GroupCode | undefined) => code?.variants.some((own) => own.state === "new" || own.state === "closing");
  const code = useQuery({ queryKey: groupKeys.one(id), queryFn: () => groupCodes.get(id), refetchInterval: (query) => (waiting(query.state.data) ? 2_000 : 30_000) });
  if (code.isPending) return <Skeleton active />;
  if (!code.data) return <ErrorView error={code.error} retry={() => void code.refetch()} />;
  return <Shown code={code.data} />;
}

function Shown({ code }: { code: GroupCode }) {
  const { t } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const client = useQueryClient();
  const archive = useMutation({
    mutationFn: () => groupCodes.archive(code.id),
    onSuccess: () => {
      void message.success(t("codes.archived"));
      void client.invalidateQueries({ queryKey: channelKeys.all });
    },
  });
  const ask = () => modal.confirm({
    title: t("codes.archive_title"), content: t("codes.archive_text"), okText: t("channels.archive"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => archive.mutateAsync().catch(() => undefined),
  });
  return (
    <>
      <PageHead title={code.name} hint={<><Link to="/group-codes">{t("group_codes.title")}</Link> · <Link to={`/channels/${code.channel}`}>{code.channel_name}</Link> <GroupState code={code} /></>}>
        {code.archived_at ? null : <MayButton permission="channels.write" danger type="text" onClick={ask}>{t("channels.archive")}</MayButton>}
        {code.archived_at ? null : <MayButton permission="channels.write" type="primary" icon={<EditOutlined />} onClick={() => void navigate(`/group-codes/${code.id}/edit`)}>{t("action.edit")}</MayButton>}
      </PageHead>
      <div className="stack">
        <section className="panel pad stack tight">
          <div>{t("group_codes.about", { n: code.full_at })} {code.auto_create ? t("group_codes.auto_on") : t("group_codes.auto_off")}</div>
          <div className="muted small">{t("group_codes.members")} <Num>{format.count(code.members)}</Num> · {t("channels.visits")} <Num>{format.count(code.visits)}</Num> · {code.created_by} · {format.at(code.created_at)}</div>
          {code.archived_at ? null : <div className="break"><span className="muted small">{t("codes.page")}</span> <Copyable text={`${window.location.origin}/g/${code.id}`} /></div>}
        </section>
        {code.variants.map((own) => <Variant key={own.variant} code={code} variant={own} />)}
      </div>
    </>
  );
}

function Variant({ code, variant }: { code: GroupCode; variant: GroupVariant }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const name = variant.variant || t("group_codes.everybody");
  const load = useMutation({ mutationFn: () => groupCodes.qr(code.id, variant.variant, "png", 1200, `${code.name}-${name}.png`) });
  const bad = variant.state === "failed" || variant.state === "dead" || variant.room === "none";
  return (
    <section className="panel">
      <div className="panel-head">
        <span className="row">{variant.qr.address ? <img className="code-mini" src={groupCodes.qrUrl(code.id, variant.variant)} alt={t("codes.qr_of", { name })} loading="lazy" /> : null}{name} <AntTag color={bad ? "red" : variant.room === "last" ? "orange" : "green"}>{word("group_codes.room", variant.room || "open")}</AntTag></span>
        {variant.qr.address ? <Button icon={<DownloadOutlined />} loading={load.isPending} onClick={() => load.mutate()}>{t("codes.download")}</Button> : null}
      </div>
      {variant.room === "none" ? <Alert type="error" showIcon className="group-alert" title={t("group_codes.none_title")} description={t("group_codes.none_text")} /> : null}
      {variant.qr.error ? <Alert type="warning" showIcon className="group-alert" title={word("codes.picture", variant.qr.error)} description={[t("codes.picture_text"), variant.qr.due_at ? t("codes.again_at", { at: format.at(variant.qr.due_at, true), n: variant.qr.tries }) : ""].join(" ")} /> : null}
      {variant.error ? <Alert type="error" showIcon className="group-alert" title={word("wecom.code", variant.error)} description={variant.state === "dead" ? t("codes.dead_text") : t("codes.again_at", { at: format.at(variant.due_at, true), n: variant.tries })} /> : null}
      {variant.rooms.map((room) => (
        <div className="relation row between" key={room.group}>
          <span className="grow"><Link to={`/groups/${encodeURIComponent(room.group)}`}>{room.name || t("groups.unnamed")}</Link>{room.alive ? null : <AntTag>{t("group_codes.gone")}</AntTag>}{variant.led_to.includes(room.group) ? <AntTag color="green">{t("group_codes.led")}</AntTag> : null}</span>
          <span className="group-fill"><Progress percent={Math.min(100, Math.round((room.members / code.full_at) * 100))} size="small" showInfo={false} status={room.members >= code.full_at ? "exception" : "normal"} /><span className="num small">{format.count(room.members)} / {format.count(code.full_at)}</span></span>
        </div>
      ))}
    </section>
  );
}
