// How deep each guide works: steps that are too deep for a grade go to nobody.
import { TeamOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Segmented } from "antd";
import { wecom } from "../api/calls";
import { keys } from "../api/keys";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { useCan } from "../shell/session";
import { Nothing } from "../wecom/Nothing";
import { sopKeys, sops as api } from "./calls";

const GRADES = ["A", "B", "C"] as const;
const USUAL = "B";

export function Grades() {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const may = useCan()("guides.write");
  const query = { serving: true };
  const pages = usePages(keys.wecomPart("staff", query), wecom.staff, query);
  const found = useQuery({ queryKey: sopKeys.grades, queryFn: api.grades });
  const grades = new Map(found.data?.items.map((own) => [own.staff, own.grade]));
  const set = useMutation({
    meta: { quiet: true }, mutationFn: ({ staff, grade }: { staff: string; grade: string }) => api.setGrade(staff, grade),
    onSettled: () => client.invalidateQueries({ queryKey: sopKeys.grades }),
  });
  const choice = (userid: string) => (
    <Segmented size="small" disabled={!may || found.isPending} value={grades.get(userid.toLowerCase()) ?? USUAL} onChange={(grade) => set.mutate({ staff: userid, grade })} options={[...GRADES]} aria-label={t("sops.grade")} />
  );
  return (
    <>
      <p className="muted gap-below">{t("sops.grades_hint")}</p>
      {set.error ? <Alert type="error" showIcon title={text(set.error)} className="gap-below" /> : null}
      <ListTable
        pages={pages} rowKey={(row) => row.userid}
        columns={[
          { title: t("word.name"), render: (_, row) => <b className="plain">{row.name || row.userid}</b> },
          { title: t("sops.grade"), render: (_, row) => choice(row.userid) },
        ]}
        card={(row) => <div className="row between"><span className="card-title">{row.name || row.userid}</span>{choice(row.userid)}</div>}
        empty={<Nothing icon={<TeamOutlined />} title={t("sops.grades_empty")} />}
      />
    </>
  );
}
