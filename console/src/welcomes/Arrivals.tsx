// The people behind a number: who came, and what became of their welcome.
import { Drawer, Tag as AntTag } from "antd";
import { Link } from "react-router";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Num, usePhone } from "../shell/parts";
import { welcomes as api, welcomeKeys } from "./calls";
import type { Arrival } from "./shapes";

export interface Asked { title: string; welcome?: string; outcome?: string; reason?: string }
const COLORS: Record<string, string> = { sent: "green", skipped: "default", failed: "red", waiting: "blue" };

export function Arrivals({ asked, days, onClose }: { asked: Asked | null; days: number; onClose: () => void }) {
  const phone = usePhone();
  return (
    <Drawer open={asked !== null} onClose={onClose} size={phone ? "100%" : 880} title={asked?.title} destroyOnHidden>
      {asked ? <List asked={asked} days={days} /> : null}
    </Drawer>
  );
}

function List({ asked, days }: { asked: Asked; days: number }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const query = { welcome: asked.welcome, outcome: asked.outcome, reason: asked.reason, days };
  const pages = usePages(welcomeKeys.arrivals(query), api.arrivals, query);
  const who = (row: Arrival) => (row.person ? <Link to={`/people/${row.person}`}>{row.name || t("lost.nameless")}</Link> : <span className="muted">{t("welcomes.nobody_yet")}</span>);
  const end = (row: Arrival) => <><AntTag color={COLORS[row.outcome]}>{word("welcomes.outcome", row.outcome)}</AntTag>{row.reason ? <span className="small muted">{word("welcomes.reason", row.reason)}</span> : null}</>;
  const took = (row: Arrival) => (typeof row.took_ms === "number" && row.outcome === "sent" ? t("welcomes.took", { n: format.decimal(row.took_ms / 1000, 1) }) : "–");
  return (
    <ListTable
      pages={pages} rowKey={(row) => row.id}
      columns={[
        { title: t("welcomes.who"), render: (_, row) => who(row) },
        { title: t("staff.one"), render: (_, row) => row.staff_name || row.staff },
        { title: t("welcomes.channel"), render: (_, row) => row.channel || "–" },
        { title: t("welcomes.end"), render: (_, row) => end(row) },
        { title: t("welcomes.took_title"), align: "right", render: (_, row) => <Num muted>{took(row)}</Num> },
        { title: t("welcomes.at"), render: (_, row) => <Num muted>{format.at(row.at, true)}</Num> },
      ]}
      card={(row) => (
        <>
          <div className="row between"><span className="card-title">{who(row)}</span><span>{end(row)}</span></div>
          <div className="muted small">{[row.staff_name || row.staff, row.channel, format.at(row.at, true)].filter(Boolean).join(" · ")}</div>
        </>
      )}
      empty={<EmptyHint title={t("see.people_none")} />}
    />
  );
}
