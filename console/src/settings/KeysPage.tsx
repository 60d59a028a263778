import { KeyOutlined, PlusOutlined, StopOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Modal, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { ApiKey, NewKey } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Copyable, EmptyHint, MayButton, Need, PageHead } from "../shell/parts";
import { KeyForm } from "./KeyForm";
import { SdkSnippets } from "./SdkSnippets";
import "./settings.css";

export function KeysPage() {
  return <Need permission="keys.manage"><Keys /></Need>;
}

function Keys() {
  const { t } = useI18n();
  const list = useQuery({ queryKey: keys.apiKeys, queryFn: api.keys });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewKey | null>(null);
  const rows = list.data?.items ?? [];
  const close = () => {
    setMaking(false);
    setMade(null);
  };
  return (
    <>
      <PageHead title={t("nav.keys")} hint={t("keys.hint")}>
        <MayButton permission="keys.manage" type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>{t("keys.new")}</MayButton>
      </PageHead>
      <div className="stack">
        <div className="panel list">
          {list.isPending ? <div className="pad"><Skeleton active /></div> : null}
          {list.isError ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
          {list.isSuccess && rows.length === 0 ? <EmptyHint icon={<KeyOutlined />} title={t("keys.none")}>{t("keys.none_text")}</EmptyHint> : null}
          {rows.map((key) => <Row key={key.id} item={key} />)}
        </div>
        <section className="panel pad stack tight"><b>{t("keys.connect")}</b><SdkSnippets writeKey={null} /></section>
      </div>
      <Modal open={making} onCancel={close} title={made ? t("keys.made") : t("keys.new")} width={made?.kind === "write" ? 720 : 520} destroyOnHidden mask={{ closable: !made }} footer={made ? <Button type="primary" onClick={close}>{t("keys.kept")}</Button> : null}>
        {made ? <Made item={made} /> : <KeyForm onMade={setMade} />}
      </Modal>
    </>
  );
}

function Made({ item }: { item: NewKey }) {
  const { t } = useI18n();
  if (item.kind === "write") return <SdkSnippets writeKey={item.secret} />;
  return <div className="secret-box"><b>{t("keys.secret")}</b><Copyable text={item.secret} /><span className="muted">{t("keys.once")}</span><code className="break">Authorization: Bearer {item.secret}</code></div>;
}

function Row({ item }: { item: ApiKey }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const { modal } = App.useApp();
  const client = useQueryClient();
  const revoke = useMutation({ mutationFn: () => api.revokeKey(item.id), onSuccess: () => void client.invalidateQueries({ queryKey: keys.apiKeys }) });
  const ask = () => modal.confirm({
    title: t("keys.revoke_title", { name: item.name }), content: t("keys.revoke_text"), okText: t("keys.revoke"), okButtonProps: { danger: true }, cancelText: t("action.cancel"),
    onOk: () => revoke.mutateAsync().catch(() => undefined),
  });
  return (
    <div className="card-row">
      <div className="row between">
        <span className="row"><b>{item.name}</b><AntTag>{t(`keys.kind.${item.kind}`)}</AntTag>{item.role ? <span className="muted small">{word("role", item.role)}</span> : null}</span>
        {item.revoked_at ? <AntTag color="red">{t("keys.revoked")}</AntTag> : <MayButton permission="keys.manage" size="small" icon={<StopOutlined />} onClick={ask}>{t("keys.revoke")}</MayButton>}
      </div>
      <div className="muted small num"><code>{item.prefix}…</code> · {t("keys.created", { at: format.at(item.created_at) })} · {item.last_used_at ? t("keys.used", { at: format.ago(item.last_used_at) }) : t("keys.unused")}</div>
    </div>
  );
}
