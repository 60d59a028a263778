// The people behind a number of a journey, and the way each went.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm, Skeleton, Tag as AntTag, Timeline } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Num } from "../shell/parts";
import { useCan } from "../shell/session";
import { journeyKeys, journeys as api } from "./calls";

export interface Asked { title: string; node?: string; stand?: string; passed?: string; reason?: string; version?: number; control?: boolean }
const STANDS: Record<string, string> = { inside: "blue", finished: "green", exited: "default" };

export function JourneyPeople({ id, asked, nameOf, part }: { id: string; asked: Asked; nameOf: (node: string) => string; part: boolean }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const [person, open] = useState<string | null>(null);
  const { node, stand, passed, reason, version, control } = asked;
  const query = { node, stand, passed, reason, version, control };
  const pages = usePages(journeyKeys.people(id, query), (more) => api.people(id, more), query);
  if (person) return <Way id={id} person={person} nameOf={nameOf} part={part} onBack={() => open(null)} />;
  const who = (row: S.JourneyPerson) => <button type="button" className="link" onClick={() => open(row.id)}>{row.name || t("lost.nameless")}</button>;
  const where = (row: S.JourneyPerson) => (
    <><AntTag color={STANDS[row.stand]}>{word("journeys.sum", row.stand)}</AntTag> {row.stand === "inside" ? (row.control ? t("journeys.control") : nameOf(row.node)) : row.reason ? word("journeys.reason", row.reason) : ""}</>
  );
  const due = (row: S.JourneyPerson) => (row.due ? format.at(row.due) : "–");
  return (
    <ListTable
      pages={pages} rowKey={(row) => `${row.id}.${row.entry}`}
      columns={[
        { title: t("welcomes.who"), render: (_, row) => who(row) },
        { title: t("word.state"), render: (_, row) => where(row) },
        { title: t("journeys.since"), render: (_, row) => <Num muted>{format.at(row.ended_at ?? row.since)}</Num> },
        { title: t("journeys.due"), render: (_, row) => <Num muted>{due(row)}</Num> },
      ]}
      card={(row) => <><div className="row between"><span className="card-title">{who(row)}</span></div><div className="small">{where(row)}</div><div className="muted small num">{format.at(row.ended_at ?? row.since)}</div></>}
      empty={<EmptyHint title={t("see.people_none")} />}
    />
  );
}

function Way({ id, person, nameOf, part, onBack }: { id: string; person: string; nameOf: (node: string) => string; part: boolean; onBack: () => void }) {
  const { t, word } = useI18n();
  const text = useErrorText();
  const format = useFormat();
  const may = useCan()("messages.write") && !part;
  const client = useQueryClient();
  const found = useQuery({ queryKey: journeyKeys.ways(id, person), queryFn: () => api.ways(id, person) });
  const remove = useMutation({ meta: { quiet: true }, mutationFn: () => api.remove(id, person), onSuccess: () => client.invalidateQueries({ queryKey: journeyKeys.all }) });
  const wayOf = (way: string) => (way.startsWith("arm_") ? t("journeys.arm", { n: way.slice(4) }) : word("journeys.way", way));
  if (!found.data) return found.error ? <Alert type="error" showIcon title={text(found.error)} /> : <Skeleton active />;
  return (
    <div className="stack">
      <div className="row between">
        <Button size="small" onClick={onBack}>{t("journeys.back")}</Button>
        <span className="row">
          {may && found.data.items.some((own) => own.entry.stand === "inside") ? <Popconfirm title={t("journeys.remove_sure")} okText={t("journeys.remove")} cancelText={t("action.cancel")} onConfirm={() => remove.mutate()}><Button size="small" danger>{t("journeys.remove")}</Button></Popconfirm> : null}
          <Link to={`/people/${person}`}>{t("journeys.open_person")}</Link>
        </span>
      </div>
      {remove.error ? <Alert type="error" showIcon title={text(remove.error)} /> : null}
      {found.data.items.map((own) => (
        <section key={own.entry.entry} className="panel pad">
          <div className="muted small gap-below">{t("journeys.entered_at", { at: format.at(own.entry.entered_at) })}</div>
          <Timeline
            items={[
              ...own.steps.map((step) => ({ color: "blue", content: <>{step.node ? <><b>{nameOf(step.node)}</b> → </> : null}{wayOf(step.way)}{step.reason ? ` (${word("journeys.reason", step.reason)})` : ""}<div className="muted small num">{format.at(step.at)}</div></> })),
              own.entry.stand === "inside"
                ? { color: "gold", content: <><b>{own.entry.control ? t("journeys.control") : nameOf(own.entry.node)}</b><div className="muted small">{t("journeys.sum.inside")}{own.entry.due ? ` · ${t("journeys.due")} ${format.at(own.entry.due)}` : ""}</div></> }
                : { color: own.entry.stand === "finished" ? "green" : "gray", content: <><b>{word("journeys.sum", own.entry.stand)}</b>{own.entry.reason ? ` · ${word("journeys.reason", own.entry.reason)}` : ""}<div className="muted small num">{format.at(own.entry.ended_at ?? own.entry.since)}</div></> },
            ]}
          />
        </section>
      ))}
    </div>
  );
}
