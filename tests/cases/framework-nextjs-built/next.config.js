module.exports = { images: { remotePatterns: [{ hostname: 'pictures.example.org' }] } }
