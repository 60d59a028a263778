import { ArrowDownOutlined, ArrowUpOutlined, ExperimentOutlined, MessageOutlined, PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Select, Skeleton, Switch, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { MayButton, Need, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { Nothing } from "../wecom/Nothing";
import { Arrivals, type Asked } from "./Arrivals";
import { welcomes as api, welcomeKeys } from "./calls";
import { draftOf, moved, type Numbers, type Welcome } from "./shapes";
import { TryOut } from "./TryOut";
import { useWhenText } from "./whenText";
import "./welcomes.css";

export function WelcomesPage() {
  return <Need permission="people.read"><Welcomes /></Need>;
}

const DAYS = [1, 7, 30, 90];

function Welcomes() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [filters, change] = useFilters();
  const days = DAYS.find((own) => String(own) === filters.days) ?? 30;
  const [asked, ask] = useState<Asked | null>(null);
  const [trying, setTrying] = useState(false);
  const list = useQuery({ queryKey: welcomeKeys.list(days), queryFn: () => api.list(days), refetchInterval: 15_000 });
  if (list.error) return <ErrorView error={list.error} retry={() => void list.refetch()} />;
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/welcomes/new")}>{t("welcomes.new")}</MayButton>;
  return (
    <>
      <PageHead title={t("nav.welcomes")} hint={t("welcomes.hint")}>
        <Select value={days} onChange={(next) => change({ days: next === 30 ? null : next })} options={DAYS.map((own) => ({ value: own, label: t("see.last_days", { n: own }) }))} aria-label={t("welcomes.days_shown")} />
        <MayButton permission="messages.write" icon={<ExperimentOutlined />} onClick={() => setTrying(true)}>{t("welcomes.try")}</MayButton>
        {add}
      </PageHead>
      {list.data ? (
        list.data.items.length === 0 && list.data.total.arrivals === 0 ? (
          <div className="panel"><Nothing icon={<MessageOutlined />} title={t("welcomes.empty")}>{t("welcomes.empty_text")}<p className="gap-above">{add}</p></Nothing></div>
        ) : (
          <div className="stack">
            <Totals numbers={list.data.total} ask={ask} />
            <div className="panel list">
              {list.data.items.map((own, at) => <Row key={own.id} own={own} at={at} all={list.data.items} ask={ask} />)}
              {list.data.without_rule.arrivals ? (
                <div className="welcome-row">
                  <div className="welcome-what"><b className="plain">{t("welcomes.without")}</b><div className="muted small">{t("welcomes.without_text")}</div></div>
                  <NumbersView numbers={list.data.without_rule} welcome="none" name={t("welcomes.without")} ask={ask} />
                </div>
              ) : null}
            </div>
          </div>
        )
      ) : <Skeleton active />}
      <Arrivals asked={asked} days={days} onClose={() => ask(null)} />
      <TryOut open={trying} onClose={() => setTrying(false)} />
    </>
  );
}

function Totals({ numbers, ask }: { numbers: Numbers; ask: (asked: Asked) => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const share = (n: number) => (numbers.arrivals ? format.percent(n / numbers.arrivals) : "–");
  const box = (label: string, n: number, outcome?: string) => (
    <button type="button" className="number opens" onClick={() => ask({ title: label, outcome })}>
      <div className="label">{label}</div><div className="value">{format.count(n)}</div><div className="sub">{outcome ? share(n) : " "}</div>
    </button>
  );
  return (
    <div className="numbers">
      {box(t("welcomes.arrivals"), numbers.arrivals)}
      {box(t("welcomes.outcome.sent"), numbers.sent, "sent")}
      {box(t("welcomes.outcome.skipped"), numbers.skipped, "skipped")}
      {box(t("welcomes.outcome.failed"), numbers.failed, "failed")}
    </div>
  );
}

function Row({ own, at, all, ask }: { own: Welcome; at: number; all: Welcome[]; ask: (asked: Asked) => void }) {
  const { t } = useI18n();
  const say = useWhenText();
  const may = useCan()("messages.write");
  const client = useQueryClient();
  const done = () => void client.invalidateQueries({ queryKey: welcomeKeys.all });
  const toggle = useMutation({ mutationFn: (active: boolean) => api.change(own.id, { ...draftOf(own), active }), onSuccess: done });
  const move = useMutation({ mutationFn: (by: -1 | 1) => api.order(moved(all, at, by).map((one) => one.id)), onSuccess: done });
  const text = own.kind === "silent" ? t("welcomes.silent_text") : own.content.text;
  return (
    <div className={own.active ? "welcome-row" : "welcome-row resting"}>
      <div className="welcome-order">
        <Button type="text" size="small" icon={<ArrowUpOutlined />} disabled={!may || at === 0} aria-label={t("welcomes.up")} onClick={() => move.mutate(-1)} />
        <span className="num muted">{at + 1}</span>
        <Button type="text" size="small" icon={<ArrowDownOutlined />} disabled={!may || at === all.length - 1} aria-label={t("welcomes.down")} onClick={() => move.mutate(1)} />
      </div>
      <div className="welcome-what">
        <div className="row"><Link to={`/welcomes/${own.id}`}><b className="plain">{own.name}</b></Link>{own.kind === "silent" ? <AntTag>{t("welcomes.kind.silent")}</AntTag> : null}</div>
        <div className="row">{say(own.when).map((one) => <AntTag key={one} color="cyan">{one}</AntTag>)}</div>
        <div className="muted small welcome-text">{text}</div>
      </div>
      <NumbersView numbers={own.numbers} welcome={own.id} name={own.name} ask={ask} />
      <Tooltip title={own.active ? t("welcomes.active") : t("welcomes.resting")}><Switch checked={own.active} disabled={!may} loading={toggle.isPending} onChange={(active) => toggle.mutate(active)} aria-label={t("welcomes.active")} /></Tooltip>
    </div>
  );
}

function NumbersView({ numbers, welcome, name, ask }: { numbers: Numbers; welcome: string; name: string; ask: (asked: Asked) => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const reasons = numbers.reasons.filter((own) => own.reason || own.outcome !== "sent");
  const open = (label: string, n: number, outcome: string, reason?: string) => <button type="button" className="link num" onClick={() => ask({ title: `${name} · ${label}`, welcome, outcome, reason })}>{label} {format.count(n)}</button>;
  return (
    <div className="welcome-numbers">
      {numbers.sent ? open(t("welcomes.outcome.sent"), numbers.sent, "sent") : <span className="muted num">{t("welcomes.outcome.sent")} 0</span>}
      {reasons.map((own) => <span key={own.outcome + own.reason} className="small">{open(`${word("welcomes.outcome", own.outcome)}${own.reason ? ` · ${word("welcomes.reason", own.reason)}` : ""}`, own.arrivals, own.outcome, own.reason || undefined)}</span>)}
    </div>
  );
}
