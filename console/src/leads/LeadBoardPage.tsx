// How leads do: by source, by channel, by who works on them.
import { useQuery } from "@tanstack/react-query";
import { Skeleton, Table } from "antd";
import { Link } from "react-router";
import { useChannelName } from "../channels/useChannelName";
import { SpanPicker } from "../channels/SpanPicker";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { Need, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { leadKeys, leads as api, type LeadPlace, type LeadStaff } from "./calls";

export function LeadBoardPage() {
  return <Need permission="people.read"><Board /></Need>;
}

const PLACE = ["leads", "pool", "held", "added", "won", "lost"] as const;
const STAFF = ["held", "taken", "contacted", "added", "won", "lost", "timed_out"] as const;

function Board() {
  const { t, word } = useI18n();
  const format = useFormat();
  const channel = useChannelName();
  const [filters, change] = useFilters();
  const query = { from: filters.from, to: filters.to };
  const board = useQuery({ queryKey: leadKeys.board(query), queryFn: () => api.board(query) });
  const share = (n: number, of: number) => (of ? format.percent(n / of) : "–");
  const places = (title: string, rows: LeadPlace[], name: (row: LeadPlace) => string) => (
    <section className="panel pad">
      <h3>{title}</h3>
      <Table<LeadPlace>
        size="middle" pagination={false} scroll={{ x: "max-content" }} dataSource={rows} rowKey={(row) => row.name || "-"}
        columns={[
          { title, render: (_, row) => name(row) },
          ...PLACE.map((key) => ({ title: t(`leads.fig.${key}`), align: "right" as const, render: (_: unknown, row: LeadPlace) => <span className="num">{format.count(row[key])}</span> })),
          { title: t("leads.fig.rate"), align: "right", render: (_, row) => <span className="num">{share(row.added, row.leads)}</span> },
        ]}
      />
    </section>
  );
  return (
    <>
      <PageHead title={t("leads.board")} hint={t("leads.board_hint")} />
      <div className="bar filters"><SpanPicker from={filters.from} to={filters.to} onChange={change} /></div>
      {board.isError ? <ErrorView error={board.error} retry={() => void board.refetch()} /> : null}
      {board.isPending ? <Skeleton active /> : null}
      {board.data ? (
        <div className="stack">
          {places(t("leads.source"), board.data.sources, (row) => word("leads.source", row.name))}
          {places(t("leads.channel"), board.data.channels, (row) => channel(row.name) || t("leads.no_channel"))}
          <section className="panel pad">
            <h3>{t("leads.staff")}</h3>
            <Table<LeadStaff>
              size="middle" pagination={false} scroll={{ x: "max-content" }} dataSource={board.data.staff} rowKey={(row) => row.staff} locale={{ emptyText: t("leads.nobody") }}
              columns={[
                { title: t("leads.staff"), render: (_, row) => <Link to={`/leads?view=held&staff=${encodeURIComponent(row.staff)}`}>{row.name || row.staff}</Link> },
                ...STAFF.map((key) => ({ title: t(`leads.fig.${key}`), align: "right" as const, render: (_: unknown, row: LeadStaff) => <span className="num">{format.count(row[key])}</span> })),
                { title: t("leads.fig.rate_taken"), align: "right", render: (_, row) => <span className="num">{share(row.added, row.taken)}</span> },
              ]}
            />
          </section>
        </div>
      ) : null}
    </>
  );
}
