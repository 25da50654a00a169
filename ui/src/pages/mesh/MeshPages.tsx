/** The pages of a mesh, by the address. */
import "../../styles/mesh.css";
import { NotHere } from "../NotHere";
import { path } from "../place";
import { Dashboard } from "./Dashboard";
import { NamesPage } from "./Names";
import { Playground } from "./Playground";
import { RequestsPage } from "./Requests";

export function MeshPages() {
  switch (path.value) {
    case "":
      return <Dashboard />;
    case "delegator":
      return <Playground />;
    case "names":
      return <NamesPage />;
    case "requests":
      return <RequestsPage />;
    default:
      return <NotHere path={path.value} start="Mesh" />;
  }
}
