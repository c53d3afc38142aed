<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;

class PictureController
{
    public function store(Request $request)
    {
        return $request->file('picture')->move(public_path('uploads'));
    }
}
