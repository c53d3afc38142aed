module.exports = () => 'good morning';
