import { CheckOutlined, EditOutlined, UserAddOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { admin as api } from "../api/calls";
import { keys } from "../api/keys";
import type { User } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, MayButton, Need, Num, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { UserDrawer } from "./UserDrawer";
import "./settings.css";

export function UsersPage() {
  return <Need permission="users.manage"><Users /></Need>;
}

function Users() {
  const { t, word } = useI18n();
  const format = useFormat();
  const [filters, change] = useFilters();
  const [edited, setEdited] = useState<User | null>(null);
  const pages = usePages(keys.users, api.users);
  const scope = (user: User) => (user.scope.all ? t("users.scope_all") : [...user.scope.regions, ...user.scope.stores].join(", ") || t("word.none"));
  const state = (user: User) => <AntTag color={user.state === "active" ? "green" : "default"}>{word("users.state", user.state)}</AntTag>;
  const edit = (user: User) => <MayButton permission="users.manage" type="text" icon={<EditOutlined />} aria-label={`${t("action.edit")} ${user.name}`} onClick={() => setEdited(user)} />;
  return (
    <>
      <PageHead title={t("nav.users")} hint={t("users.hint")}>
        <MayButton permission="users.manage" type="primary" icon={<UserAddOutlined />} onClick={() => change({ new: "1" })}>{t("users.add")}</MayButton>
      </PageHead>
      <div className="stack">
        <ListTable
          pages={pages} rowKey={(user) => user.id}
          columns={[
            { title: t("setup.your_name"), render: (_, user) => <b className="plain">{user.name}</b> },
            { title: t("login.email"), dataIndex: "email" },
            { title: t("users.role"), render: (_, user) => word("role", user.role) },
            { title: t("users.scope"), render: (_, user) => scope(user) },
            { title: t("word.state"), render: (_, user) => state(user) },
            { title: t("users.last_login"), render: (_, user) => <Num muted={!user.last_login_at}>{format.at(user.last_login_at)}</Num> },
            { title: "", align: "right", render: (_, user) => edit(user) },
          ]}
          card={(user) => (
            <>
              <div className="row between"><span className="card-title">{user.name}</span><span>{state(user)}{edit(user)}</span></div>
              <div className="muted small break">{user.email}</div>
              <div className="small">{word("role", user.role)} · {scope(user)}</div>
            </>
          )}
          empty={<EmptyHint title={t("users.none")} />}
        />
        <RoleMatrix />
      </div>
      <UserDrawer user={edited} open={edited !== null || filters.new === "1"} onClose={() => {
        setEdited(null);
        change({ new: null });
      }} />
    </>
  );
}

function RoleMatrix() {
  const { t, word, label } = useI18n();
  const roles = useQuery({ queryKey: keys.roles, queryFn: api.roles, staleTime: 300_000 });
  if (roles.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!roles.data) return <ErrorView error={roles.error} retry={() => void roles.refetch()} />;
  const permissions = [...new Set(roles.data.items.flatMap((role) => role.permissions))];
  return (
    <section className="panel">
      <div className="panel-head">{t("users.matrix")}</div>
      <p className="muted panel-note">{t("users.matrix_hint")}</p>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t("users.matrix")}>
        <table className="matrix">
          <thead><tr><th>{t("users.permission")}</th>{roles.data.items.map((role) => <th key={role.role}>{label(role)}</th>)}</tr></thead>
          <tbody>
            {permissions.map((permission) => (
              <tr key={permission}>
                <td>{word("perm", permission)}</td>
                {roles.data.items.map((role) => <td key={role.role}>{role.permissions.includes(permission) ? <CheckOutlined className="good" aria-label={t("word.yes")} /> : <span className="muted">·</span>}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
