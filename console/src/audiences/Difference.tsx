import { useQuery } from "@tanstack/react-query";
import { DatePicker, Segmented, Skeleton } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useNavigate } from "react-router";
import { keys } from "../api/keys";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { PersonCard, usePeopleColumns } from "../people/columns";
import { addDays } from "../see/spec";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint } from "../shell/parts";
import { audiences as api } from "./calls";

type Side = "entered" | "left" | "stayed";
const SIDES: Side[] = ["entered", "left", "stayed"];

/** Two days are compared as soon as there are two; `made` is when the audience was. */
export function Difference({ id, made }: { id: string; made: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const [today] = useState(() => format.day(new Date().toISOString()));
  const first = format.day(made);
  if (first >= today) return <div className="panel"><EmptyHint title={t("audiences.difference")}>{t("audiences.difference_none")}</EmptyHint></div>;
  return <Compared id={id} first={first} today={today} />;
}

function Compared({ id, first, today }: { id: string; first: string; today: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const [days, setDays] = useState<[string, string]>(() => {
    const week = addDays(today, -7);
    return [week > first ? week : first, today];
  });
  const [side, setSide] = useState<Side>("entered");
  const query = { from: days[0], to: days[1] };
  const found = useQuery({ queryKey: keys.audiencePart(id, "difference", query), queryFn: () => api.difference(id, query), retry: false });
  const pages = usePages(keys.audiencePart(id, "difference-people", { ...query, side }), (page) => api.differencePeople(id, { ...page, side }), query);
  const columns = usePeopleColumns(["identifiers", "tags", "orders", "amount", "last_order"]);
  return (
    <>
      <p className="muted gap-below">{t("audiences.difference_hint")}</p>
      <div className="bar">
        <DatePicker.RangePicker
          allowClear={false} value={[dayjs(days[0]), dayjs(days[1])]} disabledDate={(date) => date.isAfter(dayjs()) || date.isBefore(dayjs(first), "day")} aria-label={t("audiences.difference")}
          onChange={(range) => {
            const [from, to] = range ?? [];
            if (from && to) setDays([from.format("YYYY-MM-DD"), to.format("YYYY-MM-DD")]);
          }}
        />
        {found.data ? <Segmented<Side> value={side} onChange={setSide} options={SIDES.map((item) => ({ value: item, label: `${t(`audiences.${item}`)} ${format.count(found.data[item])}` }))} /> : null}
      </div>
      {found.isPending ? <Skeleton active /> : null}
      {found.error ? <ErrorView error={found.error} retry={() => void found.refetch()} /> : null}
      {found.data ? <ListTable pages={pages} rowKey={(row) => row.id} columns={columns} card={(row) => <PersonCard row={row} />} onOpen={(row) => void navigate(`/people/${row.id}`)} empty={<EmptyHint title={t("see.people_none")} />} /> : null}
    </>
  );
}
