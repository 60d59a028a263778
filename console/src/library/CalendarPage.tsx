// What goes out on which day, and the kits that are prepared for a day.
import { CalendarOutlined, LeftOutlined, PlusOutlined, RightOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton, Tag as AntTag } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { Link } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import type { Festival } from "../journeys/canvas/definition";
import { ErrorView } from "../shell/errors";
import { EmptyHint, MayButton, Need, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { kits as api, materialKeys } from "./calls";
import { KitDrawer } from "./KitDrawer";
import "./library.css";

export function CalendarPage() {
  return <Need permission="people.read"><Calendar /></Need>;
}

const COLORS: Record<string, string> = { kit: "green", broadcast: "blue", message: "blue", group_message: "cyan", moment: "purple", material: "default" };
const PLACES: Record<string, string> = { broadcast: "/messages", message: "/messages", group_message: "/group-messages", moment: "/moments", material: "/materials" };

function Calendar() {
  const { t } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const [kit, open] = useState<string | "new" | null>(null);
  const today = format.day(new Date().toISOString());
  const month = /^\d{4}-\d{2}$/.test(filters.month ?? "") ? filters.month as string : today.slice(0, 7);
  const first = dayjs(`${month}-01`);
  const query = { from: first.format("YYYY-MM-DD"), to: first.endOf("month").format("YYYY-MM-DD") };
  const found = useQuery({ queryKey: materialKeys.calendar(query), queryFn: () => api.calendar(query) });
  const festivals = useQuery({ queryKey: materialKeys.festivals(query), queryFn: () => api.festivals(query), staleTime: Infinity });
  const go = (by: number) => change({ month: first.add(by, "month").format("YYYY-MM") });
  const days = new Map<string, S.CalendarItem[]>();
  for (const own of found.data?.items ?? []) days.set(own.day, [...(days.get(own.day) ?? []), own]);
  const feasts = festivals.data?.items ?? [];
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => open("new")}>{t("kits.new")}</MayButton>;
  return (
    <>
      <PageHead title={t("nav.content_calendar")} hint={t("calendar.hint")}>{add}</PageHead>
      <div className="bar filters">
        <Button icon={<LeftOutlined />} aria-label={t("calendar.earlier")} onClick={() => go(-1)} />
        <b className="num">{month}</b>
        <Button icon={<RightOutlined />} aria-label={t("calendar.later")} onClick={() => go(1)} />
        {month === today.slice(0, 7) ? null : <Button onClick={() => change({ month: null })}>{t("calendar.today")}</Button>}
      </div>
      {found.error ? <ErrorView error={found.error} retry={() => void found.refetch()} /> : null}
      {found.isPending ? <div className="panel pad"><Skeleton active /></div> : null}
      {found.data && days.size === 0 ? <div className="panel"><EmptyHint icon={<CalendarOutlined />} title={t("calendar.none")}><p>{t("calendar.none_text")}</p><p className="gap-above">{add}</p></EmptyHint></div> : null}
      {feasts.length ? <Feasts feasts={feasts} /> : null}
      <div className="stack">
        {[...days].map(([day, items]) => (
          <section key={day} className="panel pad calendar-day">
            <h3 className="part">{format.dayTitle(day)} {feasts.filter((own) => own.day === day).map((own) => <AntTag key={own.festival} color="red">{t(`festival.${own.festival as Festival}`)}</AntTag>)}{day === today ? <AntTag color="green">{t("calendar.today")}</AntTag> : null}</h3>
            {items.map((own) => <Line key={`${own.what}${own.id}${own.at}`} own={own} open={open} />)}
          </section>
        ))}
      </div>
      {kit ? <KitDrawer key={kit} id={kit === "new" ? null : kit} day={today} onClose={() => open(null)} /> : null}
    </>
  );
}

/** What the month is lived by: something may be wanted for it long before there is anything. */
function Feasts({ feasts }: { feasts: S.FestivalDay[] }) {
  const { t } = useI18n();
  const format = useFormat();
  return (
    <div className="panel pad feasts">
      <span className="muted">{t("calendar.festivals")}</span>
      {feasts.map((own) => <AntTag key={own.festival} color="red">{format.dayTitle(own.day)} · {t(`festival.${own.festival as Festival}`)}</AntTag>)}
    </div>
  );
}

function Line({ own, open }: { own: S.CalendarItem; open: (kit: string) => void }) {
  const { word } = useI18n();
  const format = useFormat();
  const name = own.what === "kit" ? <button type="button" className="link" onClick={() => open(own.id)}>{own.name}</button> : <Link to={`${PLACES[own.what] ?? ""}/${own.id}`}>{own.name}</Link>;
  return (
    <div className="row between material-line">
      <span><AntTag color={COLORS[own.what]}>{word("calendar.what", own.what)}</AntTag>{name}</span>
      {own.what === "kit" ? null : <span className="muted small num">{format.clock(own.at)}</span>}
    </div>
  );
}
