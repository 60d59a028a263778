// Webhooks of a journey: what became of each, receivers that fail, and the key they are signed with.
import { KeyOutlined, RedoOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Modal, Popconfirm, Select, Skeleton, Tag as AntTag, Tooltip, Typography } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Num } from "../shell/parts";
import { useCan } from "../shell/session";
import { journeyKeys, journeys as api } from "./calls";

const COLORS: Record<string, string> = { waiting: "gold", delivered: "green", failed: "red", withdrawn: "default" };
const STATES = ["waiting", "delivered", "failed", "withdrawn"] as const;

export function JourneyDeliveries({ journey, nodes, nameOf }: { journey: S.JourneyOut; nodes: string[]; nameOf: (node: string) => string }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const client = useQueryClient();
  const { message } = App.useApp();
  const can = useCan();
  const [state, setState] = useState("");
  const [node, setNode] = useState("");
  const [showing, show] = useState(false);
  const query = { state: state || undefined, node: node || undefined };
  const pages = usePages(journeyKeys.deliveries(journey.id, query), (more) => api.deliveries(journey.id, more), query);
  const failing = (pages.data?.pages[0] as S.JourneyDeliveries | undefined)?.failing ?? [];
  const again = useMutation({
    meta: { quiet: true }, mutationFn: (id: string) => api.sendAgain(journey.id, id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["journeys", "deliveries"] });
      void message.success(t("hooks.sent_again"));
    },
  });
  const says = (own: S.JourneyDeliveryTry) => `${t("hooks.took", { status: own.status ?? t("hooks.no_answer"), ms: format.count(own.millis) })}${own.error ? ` · ${own.error}` : ""}`;
  const last = (row: S.JourneyDelivery) => {
    const own = row.tries.at(-1);
    if (!own) return <span className="muted">–</span>;
    return <Tooltip title={<>{row.tries.map((one) => <div key={one.at} className="num">{format.at(one.at)} · {says(one)}</div>)}</>}><span className="small num">{format.at(own.at)} · {says(own)}</span></Tooltip>;
  };
  const tag = (row: S.JourneyDelivery) => <AntTag color={COLORS[row.state]}>{word("hooks.state", row.state)}</AntTag>;
  const button = (row: S.JourneyDelivery) => <MayButton permission="messages.write" size="small" icon={<RedoOutlined />} loading={again.isPending && again.variables === row.id} onClick={() => again.mutate(row.id)}>{t("hooks.again")}</MayButton>;
  const who = (row: S.JourneyDelivery) => <Link to={`/people/${row.person}`}>{row.person_name || t("lost.nameless")}</Link>;
  return (
    <section aria-label={t("hooks.title")} className="stack">
      <div className="row between wrap">
        <h2>{t("hooks.title")}</h2>
        <span className="row wrap">
          {nodes.length > 1 ? <Select value={node} onChange={setNode} aria-label={t("journeys.node")} options={[{ value: "", label: t("hooks.all_nodes") }, ...nodes.map((id) => ({ value: id, label: nameOf(id) }))]} /> : null}
          <Select value={state} onChange={setState} aria-label={t("word.state")} options={[{ value: "", label: t("hooks.all") }, ...STATES.map((own) => ({ value: own, label: t(`hooks.state.${own}`) }))]} />
          {can("settings.write") ? <Button icon={<KeyOutlined />} onClick={() => show(true)}>{t("hooks.key")}</Button> : null}
        </span>
      </div>
      <p className="muted small">{t("hooks.hint")}</p>
      {failing.filter((own) => own.down).map((own) => (
        <Alert
          key={own.host} type="error" showIcon title={t("hooks.down", { host: own.host, since: format.at(own.since), n: format.count(own.failures), error: own.error, waiting: format.count(own.waiting) })}
          description={own.next_at ? t("hooks.down_next", { at: format.at(own.next_at) }) : undefined}
        />
      ))}
      {again.error ? <Alert type="error" showIcon title={text(again.error)} /> : null}
      <ListTable
        pages={pages} rowKey={(row) => row.id}
        columns={[
          { title: t("hooks.person"), render: (_, row) => who(row) },
          { title: t("journeys.node"), render: (_, row) => <Tooltip title={row.url}>{nameOf(row.node)}</Tooltip> },
          { title: t("word.state"), render: (_, row) => tag(row) },
          { title: t("hooks.attempts"), align: "right", render: (_, row) => <Num>{format.count(row.attempts)}</Num> },
          { title: t("hooks.last"), render: (_, row) => last(row) },
          { title: t("hooks.next"), render: (_, row) => <Num muted>{row.next_at ? format.at(row.next_at) : "–"}</Num> },
          { title: "", render: (_, row) => button(row) },
        ]}
        card={(row) => <><div className="row between"><span className="card-title">{who(row)}</span>{tag(row)}</div><div className="small">{nameOf(row.node)}</div><div>{last(row)}</div><div>{button(row)}</div></>}
        empty={<EmptyHint title={t("hooks.none")} />}
      />
      {showing ? <SigningKey onClose={() => show(false)} /> : null}
    </section>
  );
}

function SigningKey({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const client = useQueryClient();
  const found = useQuery({ queryKey: journeyKeys.hookKey, queryFn: api.hookKey, gcTime: 0, meta: { quiet: true } });
  const rotate = useMutation({ meta: { quiet: true }, mutationFn: () => api.rotateKey(), onSuccess: (own) => client.setQueryData(journeyKeys.hookKey, own) });
  const failed = found.error ?? rotate.error;
  return (
    <Modal open onCancel={onClose} title={t("hooks.key")} footer={<Popconfirm title={t("hooks.rotate_sure")} okText={t("hooks.rotate")} cancelText={t("action.cancel")} onConfirm={() => rotate.mutate()}><Button loading={rotate.isPending}>{t("hooks.rotate")}</Button></Popconfirm>}>
      <p className="muted small">{t("hooks.key_hint")}</p>
      {failed ? <Alert type="error" showIcon title={text(failed)} /> : null}
      {found.data ? (
        <div className="stack tight">
          <Typography.Text code copyable>{found.data.key}</Typography.Text>
          {found.data.previous && found.data.previous_until ? <><span className="muted small">{t("hooks.key_previous", { until: format.at(found.data.previous_until) })}</span><Typography.Text code copyable>{found.data.previous}</Typography.Text></> : null}
        </div>
      ) : found.error ? null : <Skeleton active />}
    </Modal>
  );
}
