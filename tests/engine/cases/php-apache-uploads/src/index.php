<?php
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    file_put_contents(__DIR__ . '/uploads/note.txt', file_get_contents('php://input'));
    echo "saved\n";
} else {
    echo "guest book\n";
}
