/** The pages of photos: one chunk, which is loaded when somebody opens one of them. */
import '../../styles/photos.css';

export { AlbumsView, AlbumView } from './albums.tsx';
export { MapPage } from './map/map-page.tsx';
export { ArchivedView, DuplicatesView, HiddenView, PhotosView } from './photos.tsx';
