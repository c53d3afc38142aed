module.exports = { testDir: 'tests', reporter: 'html' }
