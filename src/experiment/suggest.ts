export { nearest as suggest } from '../search/space/nearest.js';
