import { defineConfig } from 'vite'

export default defineConfig({ preview: { strictPort: true } })
