import { SearchOutlined, UserDeleteOutlined } from "@ant-design/icons";
import { DatePicker, Select } from "antd";
import dayjs from "dayjs";
import { Link } from "react-router";
import { wecom as api } from "../api/calls";
import { keys } from "../api/keys";
import type { WecomLost } from "../api/types";
import { useChannelName } from "../channels/useChannelName";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, Need, Num, PageHead } from "../shell/parts";
import { SearchInput } from "../shell/SearchInput";
import { useFilters } from "../shell/useFilters";
import { daysKept } from "./days";
import { Nothing } from "./Nothing";

const BY = ["customer", "staff", "staff_left", "transfer", "unknown"];

export function LostPage() {
  return <Need permission="people.read"><Lost /></Need>;
}

function Lost() {
  const { t, word } = useI18n();
  const format = useFormat();
  const channel = useChannelName();
  const [filters, change] = useFilters();
  const query = { staff: filters.staff, by: filters.by, from: filters.from, to: filters.to };
  const pages = usePages(keys.wecomPart("lost", query), api.lost, query);
  const name = (row: WecomLost) => (row.person ? <Link to={`/people/${row.person}`}>{row.name || t("lost.nameless")}</Link> : <span>{row.name || t("lost.nameless")}</span>);
  const staff = (row: WecomLost) => row.staff_name || row.staff;
  const others = (row: WecomLost) => (row.others ? t("lost.others", { n: format.count(row.others) }) : t("lost.alone"));
  const kept = (row: WecomLost) => t("lost.kept", { n: format.count(daysKept(row.added_at, row.lost_at)) });
  const filtered = Object.values(query).some(Boolean);
  return (
    <>
      <PageHead title={t("nav.lost")} hint={t("lost.hint")} />
      <div className="bar filters">
        <SearchInput value={filters.staff ?? ""} label={t("lost.staff_id")} onChange={(staff) => change({ staff })} />
        <Select
          className="w-200" aria-label={t("lost.by")} allowClear placeholder={t("lost.by_all")} value={filters.by} onChange={(by?: string) => change({ by })}
          options={BY.map((value) => ({ value, label: word("lost.by", value) }))}
        />
        <DatePicker.RangePicker
          className="w-260" allowEmpty={[true, true]} value={[filters.from ? dayjs(filters.from) : null, filters.to ? dayjs(filters.to) : null]}
          onChange={(range) => change({ from: range?.[0]?.format("YYYY-MM-DD"), to: range?.[1]?.format("YYYY-MM-DD") })}
        />
      </div>
      <ListTable
        pages={pages} rowKey={(row) => `${row.external_userid}${row.staff}`}
        columns={[
          { title: t("lost.customer"), render: (_, row) => <>{name(row)}<div className="muted small">{others(row)}</div></> },
          { title: t("lost.by"), render: (_, row) => word("lost.by", row.by) },
          { title: t("lost.staff"), render: (_, row) => staff(row) },
          { title: t("lost.at"), render: (_, row) => <Num>{format.at(row.lost_at)}</Num> },
          { title: t("lost.added"), render: (_, row) => <><Num>{format.day(row.added_at)}</Num><div className="muted small num">{kept(row)}</div></> },
          { title: t("lost.channel"), render: (_, row) => channel(row.channel) || "–" },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{name(row)}</span><Num muted>{format.at(row.lost_at)}</Num></div>
            <div>{word("lost.by", row.by)} · {staff(row)}</div>
            <div className="muted small num">{[kept(row), channel(row.channel), others(row)].filter(Boolean).join(" · ")}</div>
          </>
        )}
        empty={filtered ? <EmptyHint icon={<SearchOutlined />} title={t("lost.none_found")} /> : <Nothing icon={<UserDeleteOutlined />} title={t("lost.empty")}>{t("lost.empty_text")}</Nothing>}
      />
    </>
  );
}
