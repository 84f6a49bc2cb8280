import { useEffect, useState } from 'preact/hooks';

const parameter = 'folder';

/** Which folder of a share link is open, kept in the address: history, reload and a copied address hold it. */
export function useGuestFolder(topId: string) {
  const [folderId, setFolderId] = useState(() => folderIn(location.search) ?? topId);
  useEffect(() => {
    const onPop = () => setFolderId(folderIn(location.search) ?? topId);
    addEventListener('popstate', onPop);
    return () => removeEventListener('popstate', onPop);
  }, [topId]);
  const addressOf = (id: string) =>
    id === topId ? location.pathname : `${location.pathname}?${new URLSearchParams({ [parameter]: id })}`;
  return {
    folderId,
    addressOf,
    open(id: string) {
      history.pushState(null, '', addressOf(id));
      setFolderId(id);
    },
  };
}

function folderIn(search: string): string | undefined {
  return new URLSearchParams(search).get(parameter) ?? undefined;
}
